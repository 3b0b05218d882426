/** `--start`: the default workspace at once, whether its server has to be started or runs already. */
import { expect, test } from '@playwright/test';
import { launch, newFolder, removeFolder } from '../harness/desktop';
import { labPage } from '../harness/lab';
import { appState, containersOf, phase, removeWorkspaces, workspaceState } from '../harness/workspace';

test('starts the server and shows Lab; launched again, shows the running one', async () => {
  test.setTimeout(900_000);
  const home = newFolder('home');
  const first = await launch({ env: { HOME: home }, args: ['--start'] });
  const { workspace } = await workspaceState(first.window);
  try {
    await labPage(first, workspace.port, 600_000);
    await phase(first.window, 'ready');
    const before = containersOf(workspace.id);
    await first.close();
    for (let again = 0; again < 2; again++) {
      const next = await launch({ userData: first.userData, env: { HOME: home }, args: ['--start'] });
      try {
        await labPage(next, workspace.port, 60_000);
        await expect
          .poll(async () => (await appState(next.window)).view)
          .toMatchObject({ kind: 'lab', status: 'shown' });
        expect(containersOf(workspace.id)).toEqual(before);
      } finally {
        await next.close();
      }
    }
  } finally {
    removeWorkspaces([workspace.id]);
    removeFolder(home);
  }
});
