/** The heart as front ends see it. */
import { WorkspaceCore, type CoreOptions } from './core';
import { handlers } from './handlers';
import { procedureTable } from './procedureTable';
import { defaultsPath } from './provisioned';
import type { Service, ServiceState } from './service';

/** `dataFolder` and `resourcesFolder` absolute; `safeStorage` null-resolving where it would only obfuscate. */
export type ServiceOptions = Omit<CoreOptions, 'changed' | 'defaultsPath'> & {
  /** The provisioned defaults file; null: none; undefined: where administrators put it. */
  defaultsPath?: string | null;
  /** Looking for engines waits for it: the modules that takes would keep the window from its first paint. */
  calm?: Promise<void>;
};

export function createService(options: ServiceOptions): Service {
  const listeners = new Set<(state: ServiceState) => void>();
  const core = new WorkspaceCore({
    ...options,
    defaultsPath: options.defaultsPath === undefined ? defaultsPath() : options.defaultsPath,
    changed: () => {
      const state = snapshot();
      for (const listener of [...listeners]) listener(state);
    },
  });
  const snapshot = (): ServiceState => ({
    preferences: core.settings.preferences,
    engine: core.engines.state,
    secrets: core.secrets.state,
    workspaces: core.settings.workspaces.flatMap(({ id }) => core.workspaceState(id) ?? []),
    notices: core.notices.list,
  });
  let closed = false;

  return {
    procedures: procedureTable(handlers(core)),
    async open() {
      await core.load();
      void (options.calm ?? Promise.resolve()).then(() =>
        setImmediate(() => {
          if (!closed) core.begin().catch((error: unknown) => options.log?.('open', error));
        }),
      );
    },
    snapshot,
    workspace: (id) => core.workspaceState(id),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    endpoint: (id) => core.controllers.get(id)?.endpoint() ?? null,
    whenReady: async (id, signal) => core.controller(id).whenReady(signal),
    setFrontEnd(frontEnd) {
      core.frontEnd = frontEnd;
    },
    poke: (id) => core.controllers.get(id)?.verify(),
    logs: {
      tail: (id) => core.controllers.get(id)?.log.tail() ?? { lines: [], dropped: 0 },
      follow: (id, listener) => core.controllers.get(id)?.log.follow(listener) ?? (() => undefined),
    },
    refresh() {
      void core.reopenSecrets();
      if (!core.engines.local) void core.engines.look();
      // One whose target is not there finds nothing to do.
      for (const controller of core.controllers.values()) controller.verify();
    },
    async close() {
      closed = true;
      await core.close();
    },
  };
}
