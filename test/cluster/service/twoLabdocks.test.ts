/** Two Labdocks, really: while one moves a workspace, whatever the other begins is refused before it touches anything. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../../harness/processes';
import { runCell } from '../../docker/service/kernelClient';
import { ok } from '../../docker/service/workbench';
import { openClusterBench, type ClusterBench } from './bench';
import { SecondLabdock } from './secondLabdock';

let at: ClusterBench;
let second: SecondLabdock;
beforeAll(async () => {
  at = await openClusterBench();
  second = await SecondLabdock.make(at);
  await writeFile(at.path('small.txt'), 'small');
  await at.start();
  // A first switch makes the objects.
  expect((await at.switchTo('cluster'))?.problem).toBeUndefined();
  expect((await at.switchTo('local'))?.problem).toBeUndefined();
}, 900_000);
afterAll(() => at?.destroy());

const pods = async () => (await at.namespace.get('pods')).items!.map(({ metadata }) => metadata.uid);
const elsewhere = { reason: 'move-elsewhere', params: { holder: hostname().slice(0, 60) } };

/** Halts and continues the agents in the helper pod: the move stands still for as long as a test wants. */
async function signalAgents(signal: 'STOP' | 'CONT'): Promise<void> {
  const selector = ['-l', 'app.kubernetes.io/component=helper', '-o', 'name'];
  const helper = (await at.namespace.kubectl('get', 'pods', ...selector)).trim();
  const script = `for p in /proc/[0-9]*; do
    [ "$(readlink $p/exe | grep -c python)" = 1 ] && grep -q labdock-agent $p/cmdline && kill -${signal} \${p#/proc/} && n=1
  done; [ "$n" = 1 ]`;
  await at.namespace.kubectl('exec', helper, '--', 'sh', '-c', script);
}

test('a preview, a start, a switch either way and a removal: each is refused with the holder’s name, and the move arrives whole', async () => {
  await writeFile(at.path('large.bin'), randomBytes(400_000_000));
  const before = await at.here();
  ok(await at.bench.service.procedures['move.start']({ id: at.bench.id, to: 'cluster' }));
  await at.bench.settled(({ move }) => !move || (move.stage === 'copying' && move.bytesDone > 10_000_000), 120_000);
  await signalAgents('STOP');
  const helper = await pods();
  expect(helper).toHaveLength(1);
  const { name } = at.bench.state().workspace;
  try {
    const asked = await second.ask('cluster', [
      { name: 'move.preview', input: { to: 'local' } },
      { name: 'workspace.start', input: {} },
      { name: 'move.start', input: { to: 'local' } },
      { name: 'workspace.remove', input: { removeHome: true, typedName: name } },
    ]);
    expect(asked).toHaveLength(4);
    const [preview, start, move, removal] = asked;
    expect(preview!.outcome).toMatchObject({ ok: false, problem: elsewhere });
    expect(start!.state?.problem).toMatchObject(elsewhere);
    expect(move!.state?.moved?.problem).toMatchObject(elsewhere);
    expect(removal!.outcome).toMatchObject({ ok: false, problem: elsewhere });
    const [back] = await second.ask('local', [{ name: 'move.start', input: { to: 'cluster' } }]);
    expect(back!.state?.moved?.problem).toMatchObject(elsewhere);
    expect(await pods()).toEqual(helper);
    expect(at.bench.state().move?.stage).toBe('copying');
  } finally {
    await signalAgents('CONT');
  }
  const { moved, workspace } = await at.bench.settled(({ move }) => !move, 300_000);
  expect(moved?.problem).toBeUndefined();
  expect(workspace).toMatchObject({ target: { kind: 'cluster' }, wanted: 'running' });
  expect(await at.there()).toEqual(before);
}, 600_000);

test('once the move is over the other one may look: through the server that runs, which goes on', async () => {
  const running = await pods();
  // It finds the server running, and the port of this computer taken: that is no reason to end it.
  const [preview] = await second.ask('cluster', [{ name: 'move.preview', input: { to: 'local' } }]);
  expect(preview!.outcome).toMatchObject({ ok: true, value: { to: 'local', findings: [] } });
  expect(await pods()).toEqual(running);
  await until('nobody holds the lease', async () => (await at.namespace.get('leases')).items!.length === 0, 10_000);
  expect(await runCell(at.endpoint(), 'print(1)')).toBe('1\n');
}, 300_000);
