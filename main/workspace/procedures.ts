/** Every procedure a front end can call, with its input schema and its output type. Pure zod. */
import { z } from 'zod';
import type { Problem } from '../common/problem';
import type { AppState, CostEstimate, EngineCandidate, ManifestFolder, MovePreview, PreflightFinding } from './state';
import type { LogEntry } from './logs';
import { preferencesSchema, portSchema, targetSchema, workspaceDraftSchema, workspaceIdSchema } from './model';
import type { ClusterOffer, KubeContext } from '../runtime/kubernetes/model';
import { maxPasswordBytes, type ServerSettings } from '../jupyter/model';

/** A refused input names its fields (dotted paths as in the draft: `kernels.0.name`), each with a message key. */
export type Outcome<T> = { ok: true; value: T } | { ok: false; problem: Problem; fields?: Record<string, Problem> };

const utf8Bytes = (text: string) => new TextEncoder().encode(text).length;
export const passwordSchema = z
  .string()
  .min(1, 'required')
  .refine((p) => utf8Bytes(p) <= maxPasswordBytes, 'password-too-long')
  // eslint-disable-next-line no-control-regex
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'control-characters');

const id = z.object({ id: workspaceIdSchema });
const to = targetSchema.shape.kind;
/** What cannot be undone is asked for by the workspace's name, as typed by the user. */
const typedName = z.string().max(200);
const specs = z.array(z.string().max(1000)).max(10_000);
/** Packages installed by hand that the person was shown as lost and lets go; of others they are asked. */
const letGo = z
  .array(z.object({ kernel: z.string().max(200), conda: specs, pip: specs }))
  .max(100)
  .optional();

/** Input schemas. The output types stand in {@link Procedures}. */
export const procedureInputs = {
  'app.state': z.undefined(),
  'app.preferences': preferencesSchema.partial(),
  'app.dismissNotice': z.object({ id: z.string().max(100) }),
  'app.answer': z.object({
    id: z.string().max(100),
    choice: z.enum(['stop', 'keep', 'cancel', 'save', 'discard', 'proceed']),
  }),
  'app.quit': z.undefined(),
  'app.openExternal': z.object({ link: z.enum(['documentation', 'engine-help', 'license']) }),
  'engine.candidates': z.undefined(),
  'engine.retry': z.undefined(),
  /** Looks for the keychain again; `secrets` of the state says what came of it. */
  'secrets.retry': z.undefined(),
  'workspace.suggest': z.undefined(),
  'workspace.create': z.object({ draft: workspaceDraftSchema, password: passwordSchema.optional() }),
  'workspace.check': z.object({ id: workspaceIdSchema.optional(), draft: workspaceDraftSchema }),
  'workspace.estimate': z.object({ id: workspaceIdSchema, draft: workspaceDraftSchema, passwordChanged: z.boolean() }),
  'workspace.update': z.object({ id: workspaceIdSchema, draft: workspaceDraftSchema, apply: z.boolean(), letGo }),
  'workspace.apply': z.object({ id: workspaceIdSchema, letGo }),
  /** `removeHome` on a cluster is the volume with the files: only with the workspace's name, typed. */
  'workspace.remove': z.object({ id: workspaceIdSchema, removeHome: z.boolean(), typedName: typedName.optional() }),
  'workspace.start': id,
  'workspace.stop': id,
  'workspace.cancel': id,
  'workspace.recover': z.object({ id: workspaceIdSchema, files: z.array(z.string().max(4096)).max(1000) }),
  'password.set': z.object({
    id: workspaceIdSchema,
    password: z.union([z.object({ plain: passwordSchema }), z.object({ hash: z.string().max(1000) }), z.null()]),
  }),
  'view.open': id,
  'view.home': z.undefined(),
  /** The window covers the lab view with a dialog: hide it meanwhile. */
  'view.cover': z.object({ covered: z.boolean() }),
  'view.reload': z.undefined(),
  'download.act': z.object({ id: z.string().max(100), action: z.enum(['reveal', 'cancel', 'dismiss']) }),
  'files.pickFolder': z.object({ current: z.string().max(4096).optional() }),
  'files.pickFile': z.object({ kind: z.enum(['image-archive', 'ca-bundle', 'jupyter-config']) }),
  'files.reveal': id,
  'config.import': z.object({ path: z.string().min(1).max(4096) }),
  /** `password`: whether saving leaves it with one; absent: as it is stored. */
  'config.render': z.object({
    id: workspaceIdSchema.optional(),
    draft: workspaceDraftSchema,
    password: z.boolean().optional(),
  }),
  'config.check': z.object({ text: z.string().max(200_000) }),
  'port.suggest': z.object({ from: portSchema }),
  'cluster.contexts': z.undefined(),
  'cluster.offer': z.object({ context: z.string().min(1).max(500), namespace: z.string().max(63) }),
  'cluster.preflight': z.object({ id: workspaceIdSchema, draft: workspaceDraftSchema }),
  'cluster.manifests': z.object({ id: workspaceIdSchema, draft: workspaceDraftSchema }),
  /** Asks for a folder and writes the kustomize folder into it. */
  'cluster.saveManifests': z.object({ id: workspaceIdSchema, draft: workspaceDraftSchema }),
  'cluster.adopt': id,
  /** Opens the ingress's address in the browser. */
  'cluster.openOutside': id,
  'move.preview': z.object({ id: workspaceIdSchema, to }),
  'move.start': z.object({ id: workspaceIdSchema, to }),
  'move.cancel': id,
  /** Takes the last switch's report off the screen. */
  'move.dismiss': id,
  /** Removes what the workspace left on the target it was switched away from. */
  'move.forget': z.object({ id: workspaceIdSchema, typedName }),
  'logs.open': id,
  'logs.close': id,
} as const;

export interface Outputs {
  'app.state': AppState;
  'app.preferences': void;
  'app.dismissNotice': void;
  'app.answer': void;
  'app.quit': void;
  'app.openExternal': void;
  'engine.candidates': EngineCandidate[];
  'engine.retry': void;
  'secrets.retry': void;
  /** A complete draft for a new workspace: free name, folder, free port, provisioned defaults. */
  'workspace.suggest': z.infer<typeof workspaceDraftSchema>;
  'workspace.create': { id: string };
  /** What the far side says of a draft (folder there and writable, port free, names unique); empty when all is well. Warnings do not block saving. */
  'workspace.check': { fields: Record<string, Problem>; warnings: Record<string, Problem> };
  'workspace.estimate': CostEstimate;
  'workspace.update': void;
  'workspace.apply': void;
  'workspace.remove': void;
  'workspace.start': void;
  'workspace.stop': void;
  'workspace.cancel': void;
  'workspace.recover': void;
  'password.set': void;
  'view.open': void;
  'view.home': void;
  'view.cover': void;
  'view.reload': void;
  'download.act': void;
  'files.pickFolder': { path: string | null };
  'files.pickFile': { path: string | null };
  'files.reveal': void;
  /** Known settings under their current names, everything else as free text, the password's hash if it had one. */
  'config.import': {
    server: Partial<ServerSettings>;
    port?: number;
    passwordHash?: string;
    /** Absolute; not yet looked at: it is refused at its field where it is not on this computer. */
    folder?: string;
    custom: string;
    imported: string[];
    ignored: { setting: string; why: string }[];
  };
  /** The file as the server will get it, with secrets replaced by words. */
  'config.render': { text: string };
  'config.check': { line: number; message: string } | null;
  'port.suggest': { port: number };
  /** From the user's kubeconfig files; `problem` where they cannot be used. */
  'cluster.contexts': { contexts: KubeContext[]; problem?: Problem };
  'cluster.offer': ClusterOffer;
  'cluster.preflight': PreflightFinding[];
  'cluster.manifests': ManifestFolder;
  /** null: the user chose no folder. */
  'cluster.saveManifests': { path: string | null };
  'cluster.adopt': void;
  'cluster.openOutside': void;
  'move.preview': MovePreview;
  'move.start': void;
  'move.cancel': void;
  'move.dismiss': void;
  'move.forget': void;
  'logs.open': { lines: LogEntry[]; dropped: number };
  'logs.close': void;
}

export type ProcedureName = keyof typeof procedureInputs;
export type Input<P extends ProcedureName> = z.input<(typeof procedureInputs)[P]>;
export type Output<P extends ProcedureName> = Outputs[P];
