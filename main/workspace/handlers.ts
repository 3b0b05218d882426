/** What each procedure of the heart does. */
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { asError, LabdockError, type Problem } from '../common/problem';
import { extraAuthorities } from '../image/authorities';
import { unlisted } from '../common/handInstalled';
import { renderRedactedConfig } from '../jupyter/config';
import { estimate, losesPackages } from './cost';
import { makeOwnFolder } from './folders';
import type { Preferences, Workspace, WorkspaceDraft, WorkspaceId } from './model';
import { isLive } from './observed';
import { clusterHandlers } from './clusterHandlers';
import type { Handlers } from './procedureTable';
import { configInput } from './serverConfig';
import { FieldsError, type Core } from './serviceParts';
import { newWorkspaceId } from './identity';
import type { WantedImage } from './parts';
import { placeOf } from './place';
import type { CostEstimate } from './state';
import { suggest } from './suggest';
import { atPlace } from './switcher';
import { validate, type Findings } from './validate';

export function handlers(core: Core): Handlers {
  return {
    'app.preferences': (change) => changePreferences(core, change),
    'app.dismissNotice': ({ id }) => core.notices.dismiss(id),
    'engine.candidates': () => core.engines.candidates(),
    'engine.retry': () => core.engines.look(),
    'secrets.retry': () => core.reopenSecrets(),

    'workspace.suggest': () =>
      suggest(core.settings.workspaces, core.defaults, core.home, (from) => core.ports.free(from)),
    'workspace.create': async ({ draft, password }) => {
      await accepted(core, draft);
      const id = newWorkspaceId();
      await makeOwnFolder(draft.folder, core.home);
      await core.addWorkspace({ ...draft, id, wanted: 'stopped' });
      if (password !== undefined) await setPassword(core, id, { plain: password });
      // Asked for once, it is known to have none, and not shown as one that cannot be read.
      else await core.secrets.password(id);
      core.publish();
      return { id };
    },
    'workspace.check': ({ id, draft }) => findings(core, draft, id),
    'workspace.estimate': ({ id, draft, passwordChanged }) => estimateChange(core, id, draft, passwordChanged),
    'workspace.update': async ({ id, draft, apply, letGo }) => {
      core.saved(id);
      core.switcher.refuseWhileMoving(id);
      await accepted(core, draft, id);
      await makeOwnFolder(draft.folder, core.home);
      await core.change((settings) => ({
        ...settings,
        // Where it runs changes by a switch, with its files, and in no other way.
        workspaces: settings.workspaces.map((old) => (old.id === id ? { ...old, ...draft, target: old.target } : old)),
      }));
      if (apply) core.controller(id).apply(letGo);
      else core.controller(id).wake();
    },
    'workspace.apply': ({ id, letGo }) => core.controller(id).apply(letGo),
    'workspace.remove': ({ id, removeHome, typedName }) => {
      core.switcher.refuseWhileMoving(id);
      return removeWorkspace(core, id, removeHome, typedName);
    },
    'workspace.start': ({ id }) => {
      core.switcher.refuseWhileMoving(id);
      core.controller(id).start();
    },
    // To a person, stopping what moves is taking the move back.
    'workspace.stop': ({ id }) => (core.switcher.isMoving(id) ? core.switcher.cancel(id) : core.controller(id).stop()),
    'workspace.cancel': ({ id }) =>
      core.switcher.isMoving(id) ? core.switcher.cancel(id) : core.controller(id).cancel(),
    'workspace.recover': async ({ id, files }) => {
      const { recover } = await import('../jupyter/recovery');
      const found = core.recoverable.get(id) ?? [];
      await recover(
        core.saved(id).folder,
        files.filter((file) => found.includes(file)),
      );
      await core.scanRecovery(id);
    },

    'password.set': ({ id, password }) => setPassword(core, id, password),
    'config.import': async ({ path }) => {
      const { importConfigFile } = await import('../jupyter/configImport');
      return importConfigFile(path);
    },
    'config.render': async ({ id, draft, password }) => {
      const { settings, port, work, home } = configInput(draft, '', null);
      const hasPassword = password ?? (id !== undefined && (await core.secrets.password(id)) !== null);
      return { text: renderRedactedConfig({ settings, port, work, home, hasPassword }) };
    },
    'config.check': async ({ text }) => {
      const { checkCustom } = await import('../jupyter/configCheck');
      return checkCustom(text);
    },
    'port.suggest': async ({ from }) => ({ port: await core.ports.free(from) }),
    ...clusterHandlers(core),
  };
}

async function changePreferences(core: Core, change: Partial<Preferences>): Promise<void> {
  const before = core.settings.preferences;
  if (change.build && change.build.caBundle !== '' && change.build.caBundle !== before.build.caBundle) {
    const problem = await bundleProblem(change.build.caBundle);
    if (problem) throw new FieldsError({ 'build.caBundle': problem });
  }
  await core.change((settings) => ({ ...settings, preferences: { ...settings.preferences, ...change } }));
  if (change.engine !== undefined && change.engine !== before.engine) await core.engines.look();
  // Other build settings may mean another image for servers that run.
  if (change.build) for (const controller of core.controllers.values()) controller.wake();
}

async function bundleProblem(path: string): Promise<Problem | undefined> {
  const refused = (detail: string): Problem => ({ reason: 'field-invalid', params: { rule: 'ca-bundle' }, detail });
  try {
    extraAuthorities(await readFile(path, 'utf8'));
    return undefined;
  } catch (error) {
    return error instanceof LabdockError ? error.problem : refused((error as Error).message);
  }
}

function findings(core: Core, draft: WorkspaceDraft, id?: WorkspaceId): Promise<Findings> {
  const own = id && core.controllers.get(id);
  const server = own ? own.lastLook()?.server : undefined;
  return validate(draft, {
    ...(id !== undefined && { id }),
    workspaces: core.settings.workspaces,
    home: core.home,
    ...(server?.port !== undefined && isLive(server.state) && { ownPort: server.port }),
    portProblem: (port) => core.ports.problem(port),
    configProblem,
    configOverridden,
  });
}

/** The parser comes with the first text that needs it. */
export async function configProblem(text: string): Promise<Problem | undefined> {
  const { checkCustom } = await import('../jupyter/configCheck');
  const mistake = checkCustom(text);
  return mistake ? { reason: 'config-syntax', params: { line: mistake.line, message: mistake.message } } : undefined;
}

/** A setting under "More settings" that Labdock sets itself, after it. */
async function configOverridden(text: string): Promise<Problem | undefined> {
  const { findOwned } = await import('../jupyter/configCheck');
  const [found] = findOwned(text);
  return found && { reason: 'config-overridden', params: { line: found.line, setting: found.setting } };
}

async function accepted(core: Core, draft: WorkspaceDraft, id?: WorkspaceId): Promise<void> {
  const { fields } = await findings(core, draft, id);
  if (Object.keys(fields).length > 0) throw new FieldsError(fields);
}

async function estimateChange(
  core: Core,
  id: WorkspaceId,
  draft: WorkspaceDraft,
  passwordChanged: boolean,
): Promise<CostEstimate> {
  const workspace = core.saved(id);
  const seen = core.controller(id).lastLook();
  const server = seen?.server ?? null;
  const live = isLive(server?.state);
  const kind = workspace.target.kind;
  const wanted = await core.images.wanted({ ...draft, id }, kind);
  const image = seen ? await imageFor(core, wanted) : null;
  const applied = server ? (core.remembered.applied(id) ?? workspace) : null;
  // The file differs although no setting in it does: it is a password that waits to be applied.
  const waits =
    live && seen?.observed.server?.config === 'differs' && isDeepStrictEqual(applied?.server, workspace.server);
  const result = estimate({
    applied,
    next: { ...draft, target: workspace.target },
    passwordChanged: passwordChanged || waits,
    image: !seen ? 'same' : image === null ? 'missing' : image === server?.image ? 'same' : 'other',
    live,
  });
  const found =
    seen && server && losesPackages(result, kind) ? await core.byHand.find(seen.site, server, workspace) : [];
  return { ...result, handInstalled: unlisted(found ?? [], draft.kernels) };
}

/** Id or reference of the image a server would run, where it is; null: it has to be made or fetched first. */
async function imageFor(core: Core, { name, far }: WantedImage): Promise<string | null> {
  if (far?.reference !== undefined) return far.reference;
  const found = name === undefined ? null : await core.engines.local?.images.find(name);
  // A cluster's nodes cannot pull what was not pushed.
  return (!far && found?.id) || null;
}

/**
 * The server goes; the folder never does; HOME only on the user's word. On a cluster HOME and files are one volume, and
 * that word is the workspace's name.
 */
async function removeWorkspace(
  core: Core,
  id: WorkspaceId,
  removeHome: boolean,
  typedName: string | undefined,
): Promise<void> {
  const controller = core.controller(id);
  const workspace = core.saved(id);
  const onCluster = workspace.target.kind === 'cluster';
  if (onCluster && removeHome && typedName?.trim() !== workspace.name)
    throw new LabdockError('name-mismatch', { name: workspace.name });
  controller.stop();
  await controller.idle();
  const site = core.site(workspace);
  const { cluster } = workspace;
  if (site) {
    if (isLive((await site.runtime.observe(id))?.state))
      // The stop was declined (unsaved work) or failed; its reason is shown at the workspace.
      throw asError(controller.state().problem ?? { reason: 'cancelled' });
    await site.runtime.remove(id);
    if (removeHome) await site.runtime.removeHome(id);
  } else {
    const place = onCluster && cluster ? placeOf(cluster) : undefined;
    core.remembered.setRemovals([...core.remembered.removals(), { id, home: removeHome, ...(place && { place }) }]);
  }
  await removeLeftBehind(core, workspace, removeHome && !onCluster);
  await core.removeWorkspace(id);
  await core.secrets.forget(id);
  core.remembered.forget(id);
}

/** The server object on the other target goes with it when that answers; a volume with files stays there. */
async function removeLeftBehind(core: Core, workspace: Workspace, removeLocalHome: boolean): Promise<void> {
  const left = core.remembered.leftBehind(workspace.id);
  const runtime = left && core.site({ ...atPlace(workspace, left.place), target: { kind: left.side } })?.runtime;
  if (!runtime) return;
  await runtime.remove(workspace.id);
  if (left.side === 'local' && removeLocalHome) await runtime.removeHome(workspace.id);
}

async function setPassword(
  core: Core,
  id: WorkspaceId,
  password: { plain: string } | { hash: string } | null,
): Promise<void> {
  core.saved(id);
  const { hashPassword, isImportableHash } = await import('../jupyter/passwordHash');
  if (password && 'hash' in password && !isImportableHash(password.hash))
    throw new FieldsError({ password: { reason: 'field-invalid', params: { rule: 'password-hash' } } });
  const record =
    password === null
      ? null
      : 'hash' in password
        ? { hash: password.hash }
        : { plain: password.plain, hash: await hashPassword(password.plain) };
  await core.secrets.setPassword(id, record);
  core.remembered.setPassword(id, record !== null);
  core.notices.clear('password-unreadable');
  core.controllers.get(id)?.wake();
}
