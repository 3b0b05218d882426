/** One look at the world for one workspace: what is there, already compared with what is wanted. */
import { paths, type ImageInfo, type ServerObservation, type ServerSpec } from '../runtime/runtime';
import type { Workspace, WorkspaceDraft, WorkspaceId } from './model';
import { isLive, type ObservedServer } from './observed';
import type { Launch, Local, Look, WantedImage } from './parts';
import { givenConfig, wantedConfig, type GivenConfig, type ServerSecrets } from './serverConfig';
import { configHash } from './shape';

/** What a controller remembers between looks. Losing it costs a re-reading, never correctness. */
export interface Memory {
  run: boolean;
  apply: boolean;
  /** The registry was asked during this start (pull policy Always). */
  refreshed: boolean;
  /** {@link serverKey} of the process that answered with its identity. */
  readyKey?: string;
  /** … whose documents are saved for the stop under way. */
  savedKey?: string;
  /** This run of Labdock started the server, so nothing of the user's can be in it before it answers. */
  startedHere?: boolean;
  /** The configuration file in the server object of that id, which only Labdock changes; null: it has none. */
  given?: { id: string; config: GivenConfig | null };
  /** What the server object that was made a moment ago was given: no need to read it. */
  made?: GivenConfig;
  reading?: Promise<Buffer | null>;
  /** Set by a step that wants to hear of events while it runs. */
  onWake?: () => void;
}

export interface Sources {
  wantedImage(draft: WorkspaceDraft): Promise<WantedImage>;
  /** null: the image has to be probed first. */
  launchOf(image: ImageInfo, wanted: WantedImage): Launch | null;
  /** @param given what the server object has, for a token the keychain has lost */
  secretsOf(id: WorkspaceId, given: () => Promise<GivenConfig | null>): Promise<ServerSecrets>;
  /** Words that must not appear in logs. */
  secretWords(id: WorkspaceId): string[];
}

/** Names one process of one server object: another start is another key. */
export function serverKey(server: ServerObservation | null | undefined): string | undefined {
  return server && isLive(server.state) ? `${server.id}/${server.startedAt ?? ''}` : undefined;
}

export async function look(workspace: Workspace, local: Local, memory: Memory, sources: Sources): Promise<Look> {
  const serverLook = local.runtime.observe(workspace.id);
  // At rest only the server object matters; both are asked at once when a start is likely to need them.
  const imageLook = memory.run ? imageOf(workspace, local, sources) : undefined;
  imageLook?.catch(() => undefined);
  const server = await serverLook;
  const base = { workspace, local, server };
  if (!memory.run && !isLive(server?.state)) {
    const wish = { by: 'build-image', refresh: false } as const;
    return { ...base, wish, observed: { engine: 'available', image: unknownImage, server: observed(server, memory) } };
  }
  const given = () => givenTo(server, local, workspace.id, memory);
  const [{ wantedImage, image, launch }, secrets, has] = await Promise.all([
    imageLook ?? imageOf(workspace, local, sources),
    sources.secretsOf(workspace.id, given),
    given(),
  ]);
  const config = wantedConfig(workspace, secrets, local.rootInside || launch?.wantsRoot === true);
  const spec = image && launch ? specOf(workspace, image, launch) : undefined;
  const shape = !server ? 'unknown' : shapeOf(server, image, spec);
  const match = !has ? 'absent' : has.print === config.print ? 'same' : 'differs';
  return {
    ...base,
    wantedImage,
    wish: { by: wantedImage.by, refresh: wantedImage.refresh },
    image,
    launch,
    spec,
    config: { ...config, runningToken: has?.token ?? config.token },
    observed: {
      engine: 'available',
      image: { present: image !== null, fresh: memory.refreshed, probed: launch !== null },
      server: observed(server, memory, shape, match),
    },
  };
}

const unknownImage = { present: false, fresh: false, probed: false };

function observed(
  server: ServerObservation | null,
  memory: Memory,
  shape: ObservedServer['shape'] = 'unknown',
  config: ObservedServer['config'] = 'absent',
): ObservedServer | null {
  if (!server) return null;
  const key = serverKey(server);
  const answered = key !== undefined && server.state !== 'paused';
  return {
    state: server.state,
    shape,
    config,
    ready: answered && memory.readyKey === key,
    saved: answered && memory.savedKey === key,
  };
}

async function imageOf(draft: WorkspaceDraft, local: Local, sources: Sources) {
  const wantedImage = await sources.wantedImage(draft);
  const image = wantedImage.name === undefined ? null : await local.images.find(wantedImage.name);
  return { wantedImage, image, launch: image && sources.launchOf(image, wantedImage) };
}

function shapeOf(server: ServerObservation, image: ImageInfo | null, spec: ServerSpec | undefined) {
  if (spec) return server.configHash === spec.configHash ? 'same' : 'differs';
  // Another image than the server's needs no probe to be another one.
  return image && image.id !== server.image ? 'differs' : 'unknown';
}

function specOf(workspace: Workspace, image: ImageInfo, launch: Launch): ServerSpec {
  const spec = {
    workspaceId: workspace.id,
    workspaceName: workspace.name,
    image: image.id,
    command: launch.command,
    init: launch.init,
    env: launch.env,
    folder: workspace.folder,
    port: workspace.port,
    resources: workspace.resources,
    allowRoot: workspace.server.allowRoot || launch.wantsRoot,
  };
  return { ...spec, configHash: configHash(spec) };
}

/** Two may ask at once: the file is read once. */
async function givenTo(
  server: ServerObservation | null,
  local: Local,
  id: WorkspaceId,
  memory: Memory,
): Promise<GivenConfig | null> {
  if (!server) return null;
  if (memory.given?.id === server.id) return memory.given.config;
  if (memory.made && server.state === 'created') {
    memory.given = { id: server.id, config: memory.made };
    memory.made = undefined;
    return memory.given.config;
  }
  const reading = (memory.reading ??= local.runtime.readFile(id, paths.config).finally(() => {
    memory.reading = undefined;
  }));
  const file = await reading;
  const config = file ? givenConfig(file.toString('utf8')) : null;
  memory.given = { id: server.id, config };
  return config;
}
