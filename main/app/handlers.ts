/** Answers to the window's calls: the app's own procedures here, all others straight to the heart. */
import { shell } from 'electron';
import { LabdockError } from '../common/problem';
import { procedureInputs, type Outcome, type ProcedureName } from '../workspace/procedures';
import type { Service, ServiceProcedures } from '../workspace/service';
import type { AppState } from '../workspace/state';
import type { AutoOpen } from './autoOpen';
import type { Handlers } from './bridge/serve';
import { links, openOutside } from './external';
import type { Translate } from './i18n';
import type { Downloads } from './lab/downloads';
import type { LabViews } from './lab/labViews';
import type { LogStreams } from './logStreams';
import { writeManifests } from './manifestFolder';
import { pickFile, pickFolder } from './pickers';
import type { Questions } from './questions';
import type { MainWindow } from './window';

export interface HandlerParts {
  /** Resolves when the heart's first snapshot is truthful, and what was shown last is shown again or known to be gone. */
  opened: () => Promise<void>;
  service: Service;
  state: () => AppState;
  /** The page is being given the whole state and will paint it now. */
  told: () => void;
  views: LabViews;
  questions: Questions;
  downloads: Downloads;
  logs: LogStreams;
  window: MainWindow;
  autoOpen: AutoOpen;
  words: () => Promise<Translate>;
  quit: () => void;
  /** A start was asked for; it may still be refused. */
  started: (id: string) => void;
}

const ok = <T>(value: T): Outcome<T> => ({ ok: true, value });
const done = ok<void>(undefined);

export function createHandlers(parts: HandlerParts): Handlers {
  const { service, views, window } = parts;
  const known = (id: string) => {
    const state = service.workspace(id);
    if (!state) throw new LabdockError('workspace-unknown');
    return state;
  };
  const own: Omit<Handlers, keyof ServiceProcedures> = {
    'app.state': async () => {
      parts.told();
      return ok(parts.state());
    },
    'app.answer': async ({ id, choice }) => {
      parts.questions.answer(id, choice);
      return done;
    },
    'app.quit': async () => {
      parts.quit();
      return done;
    },
    'app.openExternal': async ({ link }) => {
      await shell.openExternal(links[link]);
      return done;
    },
    'view.open': async ({ id }) => {
      known(id);
      views.open(id);
      return done;
    },
    'view.home': async () => {
      views.home();
      return done;
    },
    'view.cover': async ({ covered }) => {
      views.cover(covered);
      return done;
    },
    'view.reload': async () => {
      await views.reload();
      return done;
    },
    'download.act': async ({ id, action }) => {
      parts.downloads.act(id, action);
      return done;
    },
    'files.pickFolder': async ({ current }) => ok(await pickFolder(window.window, current, await parts.words())),
    'files.pickFile': async ({ kind }) => ok(await pickFile(window.window, kind, await parts.words())),
    'files.reveal': async ({ id }) => {
      // Shows the folder in its place; opening it would run what is not a folder.
      shell.showItemInFolder(known(id).workspace.folder);
      return done;
    },
    'cluster.saveManifests': async (input) => {
      const manifests = await service.procedures['cluster.manifests'](input);
      if (!manifests.ok) return manifests;
      const { path } = await pickFolder(window.window, undefined, await parts.words(), 'dialog.pickManifests');
      return ok({ path: path && (await writeManifests(path, input.draft.name, manifests.value.files)) });
    },
    'cluster.openOutside': async ({ id }) => {
      await openOutside(known(id).addresses?.outside);
      return done;
    },
    'logs.open': async ({ id }) => {
      known(id);
      return ok(parts.logs.open(id));
    },
    'logs.close': async ({ id }) => {
      parts.logs.close(id);
      return done;
    },
  };
  const all = { ...service.procedures, ...own };
  const wrapped = Object.fromEntries(
    (Object.keys(procedureInputs) as ProcedureName[]).map((name) => [
      name,
      async (input: never) => {
        await parts.opened();
        parts.autoOpen.called(name, input);
        const outcome = all[name](input);
        if (name === 'workspace.start') parts.started((input as { id: string }).id);
        return outcome;
      },
    ]),
  );
  return wrapped as unknown as Handlers;
}
