/**
 * What the heart asks of a target. `docker/` implements it for a Docker-compatible engine; a cluster implements the same
 * `Runtime` with its own image transport. Every call is idempotent, takes an AbortSignal where it can last, and throws
 * LabdockError with a reason a person can act on.
 */
import type { Readable } from 'node:stream';
import type { Writable } from 'node:stream';
import type { Problem } from '../common/problem';
import type { ClusterSettings } from './kubernetes/model';

export const labels = {
  workspace: 'io.labdock.workspace',
  config: 'io.labdock.config',
  recipe: 'io.labdock.recipe',
} as const;

/** Paths inside every server, the same on every target. */
export const paths = {
  /** The user's folder (or its volume on a cluster). */
  work: '/work',
  /** HOME: a volume per workspace; Lab's settings, layout, trust and history survive a recreate. */
  home: '/home/labdock',
  /** Labdock's own files, outside mounts: config (0400, with token and password hash), entrypoint. */
  labdock: '/opt/labdock',
  config: '/opt/labdock/etc/jupyter_server_config.py',
  /** Where a cluster's Secret is mounted: the configuration there reads token and password hash from these files. */
  token: '/opt/labdock/secrets/token',
  passwordHash: '/opt/labdock/secrets/password-hash',
  entrypoint: '/opt/labdock/bin/entrypoint',
} as const;

/** What an engine says of itself. */
export interface EngineInfo {
  product: 'docker' | 'podman' | 'other';
  version: string;
  apiVersion: string;
  rootless: boolean;
  architecture: string;
  os: string;
}

/** One place where an engine may be, and what was found there. */
export interface EngineCandidate {
  /** `DOCKER_HOST` form, e.g. unix:///var/run/docker.sock. */
  host: string;
  /** Where the candidate comes from: `setting`, `DOCKER_HOST`, `context:NAME`, `well-known:NAME`. */
  source: string;
  /** Set when it answers. */
  info?: EngineInfo;
  problem?: Problem;
}

export interface ImageInfo {
  id: string;
  names: string[];
  labels: Record<string, string>;
  architecture: string;
  os: string;
  user: string;
  entrypoint: string[];
  command: string[];
  sizeBytes: number;
}

/** Progress of a build or pull. `line` goes to the log (bounded by the receiver); the rest to the progress bar. */
export interface ImageProgress {
  line?: string;
  /** 1-based; known once the engine says it. */
  step?: { current: number; total: number; label: string };
  /** 0..1 of bytes, for pulls and loads. */
  fraction?: number;
}

export interface BuildRequest {
  name: string;
  /** Build context as an uncompressed tar; called once per attempt (BuildKit, then classic). */
  context: () => Readable;
  buildArgs: Record<string, string>;
  labels: Record<string, string>;
  platform?: string;
  /** What the Dockerfile is FROM: fetched first where absent, with bytes for the bar and the user's credentials. */
  bases?: string[];
  /** Images of this engine that the Dockerfile copies from, there as `localName` of them. */
  sources?: string[];
}

export interface LongCall {
  signal: AbortSignal;
  onProgress: (progress: ImageProgress) => void;
}

/** Which images of Labdock's own may go. */
export interface OldImages {
  repository: string;
  /** Names or ids that are wanted, whatever their age. */
  keep: ReadonlySet<string>;
  /** So many of the others stay, the newest ones. */
  newest: number;
  /** Younger ones stay. */
  olderThanMs: number;
}

/** Images on an engine of this computer: needed by the local runtime, and by the cluster's to have something to push. */
export interface ImageStore {
  find(name: string): Promise<ImageInfo | null>;
  /** Rejects with `build-failed` (detail: last lines), `base-not-found`, `disk-full`, `network-unreachable`, `cancelled`. Nothing half-made stays. */
  build(request: BuildRequest, call: LongCall): Promise<ImageInfo>;
  pull(reference: string, call: LongCall): Promise<ImageInfo>;
  /**
   * Sends an image (id or name) of this engine to a registry as `reference`, with the user's credentials for it; layers that
   * are there already are not sent again. Returns the manifest's digest in the registry (`sha256:…`). Rejects with
   * `image-not-found`, `push-denied`, `push-failed`, `network-unreachable`, `disk-full`, `cancelled`.
   */
  push(image: string, reference: string, call: LongCall): Promise<{ digest: string }>;
  /**
   * Digest of what the registry has as `reference`, asked by the engine. null: nothing that could be seen (also on Podman,
   * which does not answer this); a push then says why, or is quick. Rejects with `engine-gone`, `cancelled`.
   */
  imageDigestAt(reference: string, signal?: AbortSignal): Promise<string | null>;
  /** Loads a docker or OCI archive; rejects with `archive-invalid`. */
  load(path: string, call: LongCall): Promise<ImageInfo>;
  /** Removes images that Labdock built and nobody uses: neither a container nor the policy. Returns their names. */
  removeOld(policy: OldImages): Promise<string[]>;
  /** Runs a throw-away, labelled container without network and returns what it printed (bounded). */
  run(
    request: {
      image: string;
      entrypoint: string[];
      command: string[];
      files?: ServerFile[];
      user?: string;
      timeoutMs: number;
    },
    signal?: AbortSignal,
  ): Promise<{ code: number; stdout: string; stderr: string }>;
}

/** A file that Labdock places in the server, outside mounts. */
export interface ServerFile {
  path: string;
  content: string | Buffer;
  mode: number;
}

/** A regular file in a workspace's HOME. */
export interface HomeFile {
  /** Relative to HOME, with slashes, normal. */
  path: string;
  /** Permission bits. */
  mode: number;
  /** Milliseconds since 1970; engines and tars keep whole seconds. */
  mtimeMs: number;
  content: Buffer;
}

/** One that is larger than was asked for. */
export interface LargeHomeFile {
  path: string;
  /** Bytes. */
  size: number;
  content: null;
}

export interface ServerSpecBase {
  workspaceId: string;
  /** For the object's name and for people who list containers. */
  workspaceName: string;
  /** Image id or reference, as `ImageStore` returned it; on a cluster a reference its nodes can pull, by digest where it was pushed. */
  image: string;
  /** Hash of everything that shapes the server object; kept as label (on a cluster: annotation) `io.labdock.config`. */
  configHash: string;
  /** Entry point and arguments; run under tini or the engine's init. */
  command: string[];
  /** True where the image has no tini of its own. */
  init: boolean;
  env: Record<string, string>;
}

/** A server as a container of this computer. */
export interface ServerSpec extends ServerSpecBase {
  /** Host folder mounted at paths.work. */
  folder: string;
  port: number;
  resources: { memoryMiB: number; cpus: number; gpu: 'none' | 'all' };
  /** May the server run as uid 0 although the engine could do better (ServerApp.allow_root). */
  allowRoot: boolean;
}

/** A server as a Deployment with what belongs to it. */
export interface ClusterServerSpec extends ServerSpecBase {
  settings: ClusterSettings;
  pullPolicy: 'Always' | 'IfNotPresent';
  /** Architecture of the image, where it is known (`amd64`); '' otherwise. */
  architecture: string;
}

export interface ServerObservation {
  /** Engine id of the container (or uid of the Deployment). */
  id: string;
  /** Names the running process where `startedAt` does not (a replaced pod): another process is another name. */
  process?: string;
  state: 'created' | 'running' | 'paused' | 'exited' | 'dead' | 'restarting' | 'removing';
  image: string;
  configHash: string;
  /** Host port that is published now; undefined unless running. */
  port?: number;
  /** ISO 8601 from the engine. */
  startedAt?: string;
  finishedAt?: string;
  exitCode?: number;
  outOfMemory: boolean;
  memoryLimitMiB: number;
  /** Cluster: why it will not come up without somebody's doing. A start that sees it gives up with it. */
  problem?: Problem;
  /** Cluster: what a start waits for, in Kubernetes's own words (`Pulling`, `ContainerCreating`, `Unschedulable`, …). */
  waitingFor?: string;
  /** Cluster: scaled to zero, and its processes are on their way out. */
  leaving?: boolean;
  /** Cluster: the pod is Ready, so that a route can be opened to it. */
  podReady?: boolean;
  /** Cluster: the objects were applied by somebody else's hand (field manager); they are adopted after asking. */
  foreignManager?: string;
}

/** Standard streams of a command that runs beside a workspace's files. */
export interface AgentStream {
  stdin: Writable;
  /** Backpressure reaches the far side; ends when the command does. */
  stdout: Readable;
  /** Exit code once the command has ended; rejects when the connection was lost before that. Last 16 KiB of stderr. */
  done: Promise<{ code: number; stderr: string }>;
  /** Ends the command and the connection. */
  close(): void;
}

export interface LogLine {
  /** `event`: what the cluster says of the server's objects. */
  stream: 'stdout' | 'stderr' | 'event';
  /** ISO 8601 from the engine, where it gives one. */
  time?: string;
  text: string;
}

export interface Runtime {
  readonly kind: 'local' | 'cluster';
  /** null: there is none of ours. Two with the same label: the running, then the newest one; never touches what lacks the label. */
  observe(workspaceId: string): Promise<ServerObservation | null>;
  /** Ids of all workspaces that have a server here, ours by label (for adoption and cleaning). */
  list(): Promise<string[]>;
  /** Creates the server object without starting it, with these files in it (as {@link putFiles}), and the HOME volume if absent. */
  create(spec: ServerSpecBase, signal: AbortSignal, files?: ServerFile[]): Promise<void>;
  /** Writes files into a server that is not running; owner is whoever the server runs as. */
  putFiles(workspaceId: string, files: ServerFile[], signal?: AbortSignal): Promise<void>;
  /** null where it does not exist. Works on stopped servers. */
  readFile(workspaceId: string, path: string): Promise<Buffer | null>;
  /** Rejects with `port-busy`, `port-forbidden`, `folder-missing`, `gpu-unavailable`, … */
  start(workspaceId: string, signal: AbortSignal): Promise<void>;
  /** SIGTERM, then SIGKILL after the grace period. */
  stop(workspaceId: string, graceSeconds: number): Promise<void>;
  /** The server object and what was half-made; never the HOME volume. */
  remove(workspaceId: string): Promise<void>;
  /** HOME volume; only on the user's explicit word. */
  removeHome(workspaceId: string): Promise<void>;
  /** Follows until the signal aborts or the server ends. Bounded: lines longer than 16 KiB are cut, backpressure is honoured. */
  followLogs(
    workspaceId: string,
    onLine: (line: LogLine) => void,
    options: { tail: number; signal: AbortSignal },
  ): Promise<void>;
  /** Runs a command inside a running server (package listing). */
  exec(
    workspaceId: string,
    command: string[],
    timeoutMs: number,
  ): Promise<{ code: number; stdout: string; stderr: string }>;
  /**
   * One event stream. `onChange(workspaceId)` when something of ours changed, `onChange(null)` when anything may have
   * (stream lost and regained). Reconnects by itself with back-off until disposed; tells when the target comes and
   * goes, and why where it knows.
   */
  watch(
    onChange: (workspaceId: string | null) => void,
    onAvailability: (available: boolean, problem?: Problem) => void,
  ): { dispose(): void };
}

/** Local end of a route; `problem` says why it is closed although it was asked for. */
export interface RouteState {
  open: boolean;
  port: number;
  problem?: Problem;
}

/** What preflight found, worst first; `blocks`: nothing is made before it is mended. */
export interface PreflightFinding {
  problem: Problem;
  blocks: boolean;
}

/** The objects of a server for a person to read: exact, but without its Secret's values. */
export interface ManifestFolder {
  /** All objects as one YAML stream. */
  yaml: string;
  /** A kustomize folder: `kustomization.yaml`, one file per object, and a note on how the Secret is made. */
  files: { name: string; content: string }[];
}

/**
 * A runtime for one context and namespace. `create` applies all objects with zero replicas, `start` and `stop` scale;
 * `remove` leaves the volume, `removeHome` is the volume's end (files and HOME are one PersistentVolumeClaim).
 */
export interface ClusterRuntime extends Runtime {
  readonly kind: 'cluster';
  /** What stands in the way of this spec: permissions by verb, quota, storage and pod security, architecture, missing objects. */
  preflight(spec: ClusterServerSpec, signal: AbortSignal): Promise<PreflightFinding[]>;
  manifests(spec: ClusterServerSpec, files: ServerFile[]): ManifestFolder;
  /** What a changed spec takes that Kubernetes does not change in place (storage class, a smaller volume); undefined: nothing. */
  immutableChange(spec: ClusterServerSpec): Promise<Problem | undefined>;
  /** Takes objects that were applied by hand into Labdock's management (`foreignManager`), by force. */
  adopt(spec: ClusterServerSpec, files: ServerFile[], signal: AbortSignal): Promise<void>;
  /** Opens the route on loopback at `port` (rejects with `port-busy`), or does nothing when it is open there. Stays and heals until closed. */
  openRoute(workspaceId: string, port: number): Promise<void>;
  closeRoute(workspaceId: string): Promise<void>;
  /** undefined: none was asked for. Changes are told through `watch`'s onChange. */
  route(workspaceId: string): RouteState | undefined;
  /**
   * Runs a command beside the workspace's files: in the server's pod where that is ready, else in a helper pod of its own
   * (same image, volume and node constraints), which is made if absent and removed by {@link removeHelper}. Mounts at
   * paths.work and paths.home. The objects must exist (`create`).
   */
  openAgent(workspaceId: string, command: string[], signal: AbortSignal): Promise<AgentStream>;
  /** Only for who has the Lease: it may be another Labdock's. */
  removeHelper(workspaceId: string): Promise<void>;
  /**
   * Holds the workspace's Lease while `work` runs and renews it; the signal given to it aborts when it is lost.
   * Rejects with `move-elsewhere` {holder} when another Labdock holds it.
   * @param signal ends the wait for it
   */
  withLease<T>(workspaceId: string, work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Rejects with `move-elsewhere` {holder} while another Labdock holds the Lease. `start` and `remove` ask the same. */
  requireNoMove(workspaceId: string, signal?: AbortSignal): Promise<void>;
  /** Looks into an image with a throw-away pod (`sh -c script`), for images that no engine of this computer has. */
  runImage(
    request: { image: string; pullPolicy: 'Always' | 'IfNotPresent'; settings: ClusterSettings; script: string },
    signal: AbortSignal,
  ): Promise<{ code: number; stdout: string }>;
  /** Addresses for people: inside the cluster, and the ingress's where there is one. */
  addresses(spec: ClusterServerSpec): { inside: string; outside?: string };
  /** Names under which the server may be asked: its Service's, the ingress host. */
  hostnames(workspace: { id: string; name: string }, settings: ClusterSettings): string[];
  dispose(): void;
}
