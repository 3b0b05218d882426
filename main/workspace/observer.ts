/** One look at the world for one workspace: what is there, already compared with what is wanted. */
import type { ClusterServerSpec, ImageInfo, ServerObservation, ServerSpec } from '../runtime/runtime';
import type { Workspace, WorkspaceDraft, WorkspaceId } from './model';
import { isLive, type Observed, type ObservedServer } from './observed';
import type { Launch, Local, Look, Site, WantedImage } from './parts';
import { readGiven, wantedConfig, type GivenConfig, type InContainer, type OnCluster, type ServerSecrets } from './serverConfig'; // prettier-ignore
import { clusterConfigHash, configHash } from './shape';

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
  /**
   * Names the process in whose container nothing is left that a person installed by hand and has not been asked about.
   * Forgotten with every new word of the user, and after a build or push, which leaves time to install more.
   */
  partedKey?: string;
  /** Packages that may go, by {@link ByHand}'s names for them: the user said so. */
  forgone?: ReadonlySet<string>;
  /** This run of Labdock started the server, so nothing of the user's can be in it before it answers. */
  startedHere?: boolean;
  /** The configuration file in the server object of that id, which only Labdock changes; null: it has none. */
  given?: { id: string; config: GivenConfig | null };
  /** What the server object that was made a moment ago was given: no need to read it. */
  made?: GivenConfig;
  reading?: Promise<GivenConfig | null>;
  /** Set by a step that wants to hear of events while it runs. */
  onWake?: () => void;
}

export interface Sources {
  wantedImage(draft: WorkspaceDraft, site: Site): Promise<WantedImage>;
  /**
   * null: the image has to be probed first.
   * @param image null where only the cluster has it
   */
  launchOf(image: ImageInfo | null, wanted: WantedImage): Launch | null;
  /** @param given what the server object has, for a token the keychain has lost */
  secretsOf(id: WorkspaceId, given: () => Promise<GivenConfig | null>): Promise<ServerSecrets>;
  /** Words that must not appear in logs. */
  secretWords(id: WorkspaceId): string[];
  /** The configuration's print that a process (see {@link processKey}) was seen to have been started with, also in an earlier run. */
  printOf(process: string): string | undefined;
  keepPrint(process: string, print: string): void;
}

/** Names one process of one server object: another start is another key. */
function processKey(server: ServerObservation | null | undefined): string | undefined {
  return server && isLive(server.state) ? `${server.id}/${server.process ?? server.startedAt ?? ''}` : undefined;
}

/** Names the stream of its output: a cluster's goes on over the pods of one server. */
export function logKey(server: ServerObservation | null | undefined, kind: Site['kind']): string | undefined {
  return kind === 'local' ? processKey(server) : isLive(server?.state) ? server?.id : undefined;
}

/** Names one process and the way to it: whoever proved its identity at one port has not yet done so at another. */
export function serverKey(server: ServerObservation | null | undefined): string | undefined {
  const key = processKey(server);
  return key === undefined ? undefined : `${key}@${server?.port ?? ''}`;
}

/** @param local the engine of this computer, where there is one */
export async function look(
  workspace: Workspace,
  site: Site,
  local: Local | null,
  memory: Memory,
  sources: Sources,
): Promise<Look> {
  const serverLook = site.runtime.observe(workspace.id);
  // At rest only the server object matters; both are asked at once when a start is likely to need them.
  const imageLook = memory.run ? imageOf(workspace, site, local, sources) : undefined;
  imageLook?.catch(() => undefined);
  const server = await serverLook;
  const base = { workspace, site, local, server };
  if (!memory.run && !isLive(server?.state)) {
    const wish = { by: 'build-image', refresh: false } as const;
    return { ...base, wish, observed: { engine: 'available', image: unknownImage, server: observed(server, memory) } };
  }
  const given = () => givenTo(server, site, workspace.id, memory);
  // A file is placed only while nothing runs: a process's is the one it was started with. Reading it takes an engine a tenth
  // of a second, at every launch with a server that runs.
  const running = site.kind === 'local' ? processKey(server) : undefined;
  const known = running === undefined || memory.given?.id === server?.id ? undefined : sources.printOf(running);
  const [{ wantedImage, image, launch }, secrets, read] = await Promise.all([
    imageLook ?? imageOf(workspace, site, local, sources),
    sources.secretsOf(workspace.id, given),
    known === undefined ? given() : null,
  ]);
  const config = wantedConfig(workspace, secrets, configPlace(workspace, site, launch));
  // Where it differs, the token it runs with counts.
  const has: GivenConfig | null =
    known === undefined ? read : known === config.print ? { print: known } : await given();
  if (running !== undefined && has && has.print !== sources.printOf(running)) sources.keepPrint(running, has.print);
  const spec = specOf(workspace, site, wantedImage, image, launch);
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
      image: observedImage(wantedImage, image, launch, memory),
      server: observed(server, memory, { shape, config: match, ...routeTo(workspace, site) }),
    },
  };
}

function observedImage(
  { far }: WantedImage,
  image: ImageInfo | null,
  launch: Launch | null,
  memory: Memory,
): Observed['image'] {
  const facts = { present: image !== null, fresh: memory.refreshed, probed: launch !== null };
  return far ? { ...facts, pushed: far.reference !== undefined } : facts;
}

function routeTo({ id, port }: Workspace, site: Site): Pick<ObservedServer, 'route' | 'inPlace'> {
  if (site.kind === 'local') return {};
  const route = site.runtime.route(id);
  return { inPlace: true, route: !route ? 'closed' : route.port === port ? 'open' : 'other' };
}

function configPlace({ id, name }: Workspace, site: Site, launch: Launch | null): InContainer | OnCluster {
  if (site.kind === 'local') {
    const runsAsRoot = site.local.rootInside || launch?.wantsRoot === true;
    return { kind: 'local', runsAsRoot };
  }
  const { runtime, settings } = site;
  return {
    kind: 'cluster',
    hostnames: runtime.hostnames({ id, name }, settings),
    // Where TLS ends at the ingress, its word on scheme and address is needed; elsewhere anybody could say it.
    trustForwarded: settings.ingress !== null && settings.ingress.tlsSecret !== '',
  };
}

/** A look at what a start there would find and need, for a workspace or a draft that nobody starts just now. */
export function lookAhead(
  workspace: Workspace,
  site: Site,
  local: Local | null,
  sources: Sources,
  memory: Memory = aheadMemory(),
): Promise<Look> {
  return look(workspace, site, local, memory, sources);
}

/** As of a controller whose workspace shall run. */
export const aheadMemory = (): Memory => ({ run: true, apply: false, refreshed: false });

const unknownImage = { present: false, fresh: false, probed: false };

function observed(
  server: ServerObservation | null,
  memory: Memory,
  compared: Pick<ObservedServer, 'shape' | 'config' | 'route' | 'inPlace'> = { shape: 'unknown', config: 'absent' },
): ObservedServer | null {
  if (!server) return null;
  const key = serverKey(server);
  const answered = key !== undefined && server.state !== 'paused';
  return {
    state: server.state,
    ...compared,
    ready: answered && memory.readyKey === key,
    saved: answered && memory.savedKey === key,
    ...(server.leaving && { leaving: true }),
  };
}

/** What a cluster's nodes have to pull is known by its reference: without an engine on this computer, too. */
async function imageOf(draft: WorkspaceDraft, site: Site, local: Local | null, sources: Sources) {
  const wantedImage = await sources.wantedImage(draft, site);
  const { name, far } = wantedImage;
  const needed = name !== undefined && far?.reference === undefined;
  const image = needed && local ? await local.images.find(name) : null;
  return { wantedImage, image, launch: image || far ? sources.launchOf(image, wantedImage) : null };
}

function shapeOf(server: ServerObservation, image: ImageInfo | null, spec: Look['spec']) {
  if (spec) return server.configHash === spec.configHash ? 'same' : 'differs';
  // Another image than the server's needs no probe to be another one.
  return image && image.id !== server.image ? 'differs' : 'unknown';
}

function specOf(
  workspace: Workspace,
  site: Site,
  { far }: WantedImage,
  image: ImageInfo | null,
  launch: Launch | null,
): ServerSpec | ClusterServerSpec | undefined {
  if (!launch) return undefined;
  const { command, init, env } = launch;
  const base = { workspaceId: workspace.id, workspaceName: workspace.name, command, init, env };
  if (site.kind === 'cluster') {
    if (far?.reference === undefined) return undefined;
    const { reference, pullPolicy, architecture } = far;
    const spec = { ...base, image: reference, settings: site.settings, pullPolicy, architecture };
    return { ...spec, configHash: clusterConfigHash(spec) };
  }
  if (!image) return undefined;
  const spec = {
    ...base,
    image: image.id,
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
  site: Site,
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
  const reading = (memory.reading ??= readGiven(site.runtime, id).finally(() => {
    memory.reading = undefined;
  }));
  const config = await reading;
  memory.given = { id: server.id, config };
  return config;
}
