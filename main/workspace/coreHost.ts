/** What controllers get from the heart around them: where servers are, what they are made of, how to speak to them. */
import { explainStart } from './startFailure';
import type { ControllerHost } from './controllerHost';
import type { WorkspaceCore } from './core';
import { configProblem } from './handlers';
import { preflight } from './preflight';
import { ServerTalk } from './serverTalk';

export function controllerHost(core: WorkspaceCore): ControllerHost {
  const talk = new ServerTalk(() => core.frontEnd);
  const { images, remembered } = core;
  return {
    workspace: (id) => core.settings.workspaces.find((one) => one.id === id),
    local: () => core.engines.local,
    localFound: () => core.engines.first(),
    isAdopted: (id) => core.adopted.has(id),
    engineProblem: () => core.engines.state.problem ?? { reason: 'engine-absent' },
    site: (workspace) => core.site(workspace),
    target: (workspace) => {
      if (workspace?.target.kind !== 'cluster') return core.engines.state;
      if (workspace.cluster) return core.clusters.state(workspace.cluster);
      return { status: 'unavailable', problem: { reason: 'cluster-settings-missing' } };
    },
    reportLost: (workspace) => {
      if (workspace.target.kind === 'local') core.engines.verify();
      else if (workspace.cluster) core.clusters.verify(workspace.cluster);
    },
    setWanted: (id, wanted) => core.setWanted(id, wanted),
    preflight: async (workspace, ownPort) =>
      preflight(
        workspace,
        {
          portProblem: (port) => core.ports.problem(port, 1000),
          configProblem,
          hasPassword: (await core.secrets.password(workspace.id)) !== null,
        },
        ownPort,
      ),
    changed: () => core.publish(),
    ended: (id) => core.ended(id),
    wantedImage: (draft, site) => images.wanted(draft, site.kind),
    launchOf: (image, wanted) => images.launchOf(image, wanted),
    printOf: (process) => remembered.print(process),
    keepPrint: (process, print) => remembered.setPrint(process, print),
    secretsOf: async (id, given) => {
      const [token, record] = await Promise.all([
        core.secrets.token(id, async () => (await given())?.token ?? null),
        core.passwords.of(id),
      ]);
      // A keychain that lost the password: the hash the server has is as good, and nobody is let in or locked out.
      const lost = !record && remembered.hasPassword(id);
      const passwordHash = record?.hash ?? (lost ? ((await given())?.passwordHash ?? null) : null);
      return { token, passwordHash };
    },
    secretWords: (id) => {
      const token = core.secrets.knownToken(id);
      const record = core.secrets.knownPassword(id);
      return [token, record?.hash].filter((word) => word !== undefined);
    },
    probe: (wanted, where, signal) => images.probe(wanted, where, signal),
    entrypoint: () => images.entrypoint(),
    saveWork: (...input) => talk.saveWork(...input),
    part: (...input) => core.byHand.part(...input),
    shutDown: (server) => talk.shutDown(server),
    awaitReady: (server, signal) => talk.awaitReady(server, signal),
    explain: (problem, lines) => {
      // Gone from the registry, or another one by now: the next start pushes or looks again.
      if (problem.reason === 'image-pull-failed') remembered.forgetFar(String(problem.params?.['reference'] ?? ''));
      return explainStart(problem, lines);
    },
    applied: ({ workspace }) => {
      // Without the fields that are Labdock's own.
      const { id, wanted: _wanted, ...draft } = workspace;
      remembered.setApplied(id, draft);
      core.oldImages.soon();
    },
  };
}
