import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  workspaceSchema,
  type Condition,
  type MoveStage,
  type Phase,
  type Reason,
} from '../../../main/app/bridge/contract';
import { doubles, sameMap, splitPair, toMap, type Row } from '../../../renderer/cluster/keyValues';
import { phaseChanges } from '../../../renderer/common/announcements';
import { formatBytes, formatCount } from '../../../renderer/common/bytes';
import { lostRoute } from '../../../renderer/common/route';
import { moveFixes } from '../../../renderer/move/moveFixes';
import { movePercent, moveStages, timeLeft } from '../../../renderer/move/moveStages';
import { fixesFor } from '../../../renderer/problem/fixes';
import { checkDraft } from '../../../renderer/settings/fields';
import { draftOf } from '../../../renderer/problem/applyFix';
import { advanced, cluster, move, report } from '../../harness/gallery/clusterSamples';
import { ago, state, workspace } from '../../harness/gallery/samples';

describe('sizes', () => {
  it.each([
    [0, '0 B'],
    [640, '640 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [1240, '1.2 kB'],
    [9_960, '10 kB'],
    [999_400, '999 kB'],
    [999_600, '1 MB'],
    [48_000_002_100, '48 GB'],
    [1_234_567_890, '1.2 GB'],
    [3e15, '3,000 TB'],
  ])('%d bytes are %s', (bytes, words) => expect(formatBytes(bytes, 'en')).toBe(words));
  it('are written as the language writes them', () => {
    expect(formatBytes(1_234_567_890, 'ko')).toBe('1.2GB');
    expect(formatCount(1234567, 'ko')).toBe('1,234,567');
  });
});

describe('the stages of a switch', () => {
  const current = (stage: MoveStage) => moveStages(stage).find(({ status }) => status === 'current')?.step;
  it.each<[MoveStage, string | undefined]>([
    ['checking', 'prepare'],
    ['image', 'prepare'],
    ['preparing', 'prepare'],
    ['saving', 'save'],
    ['comparing', 'copy'],
    ['copying', 'copy'],
    ['committing', 'copy'],
    ['starting', 'start'],
    ['returning', undefined],
  ])('%s', (stage, step) => expect(current(stage)).toBe(step));
  it('count by bytes, or by files where they are all empty, and only while copying', () => {
    expect(movePercent(move({ bytesDone: 1, bytesTotal: 3 }))).toBe(33);
    expect(movePercent(move({ bytesDone: 999, bytesTotal: 1000 }))).toBe(99);
    expect(movePercent(move({ bytesDone: 5, bytesTotal: 3 }))).toBe(100);
    expect(movePercent(move({ bytesDone: 0, bytesTotal: 0, filesDone: 1, filesTotal: 2 }))).toBe(50);
    expect(movePercent(move({ bytesTotal: 0, filesTotal: 0 }))).toBeUndefined();
    expect(movePercent(move({ stage: 'comparing' }))).toBeUndefined();
  });
  it('promise no seconds', () => {
    expect(timeLeft(10)).toEqual({ unit: 'moment', count: 1 });
    expect(timeLeft(50)).toEqual({ unit: 'minutes', count: 1 });
    expect(timeLeft(130)).toEqual({ unit: 'minutes', count: 2 });
    expect(timeLeft(7300)).toEqual({ unit: 'hours', count: 2 });
  });
});

describe('the way to a cluster', () => {
  const at = (phase: Phase, status: Condition['status'], reason?: Reason) =>
    lostRoute({
      phase,
      conditions: [{ type: 'Route', status, reason: 'x', since: ago(1), ...(reason && { problem: { reason } }) }],
    });
  it('is lost only where it was wanted and somebody knows why', () => {
    expect(at('ready', 'false', 'route-lost')).toBeDefined();
    expect(at('starting', 'false', 'cluster-unreachable')).toBeDefined();
    expect(at('ready', 'true')).toBeUndefined();
    expect(at('starting', 'false')).toBeUndefined();
    expect(at('stopped', 'false', 'route-lost')).toBeUndefined();
    expect(lostRoute({ phase: 'ready', conditions: [] })).toBeUndefined();
  });
});

describe('what a screen reader hears of a switch', () => {
  const before = state('ready', { name: 'A' });
  const moving = { ...before, phase: 'stopped' as const, move: move() };
  it('is its beginning and its end, not every phase on the way', () => {
    expect(phaseChanges([before], [moving])).toEqual([{ name: 'A', move: 'begun', to: 'cluster' }]);
    expect(phaseChanges([moving], [{ ...moving, phase: 'starting' }])).toEqual([]);
    const said = (moved?: ReturnType<typeof report>) =>
      phaseChanges([moving], [{ ...before, ...(moved && { moved }) }]).map((one) => 'move' in one && one.move);
    expect(said(report())).toEqual(['arrived']);
    expect(said(report({ problem: { reason: 'move-interrupted' } }))).toEqual(['failed']);
    expect(said()).toEqual(['cancelled']);
  });
});

describe('keys and values', () => {
  const rows = (...pairs: [string, string][]): Row[] => pairs.map(([key, value], id) => ({ id, key, value }));
  it('leave empty rows out, and let the first of two win', () => {
    expect(toMap(rows(['a', '1'], ['', ''], ['a', '2'], ['b', '']))).toEqual({ a: '1', b: '' });
    expect([...doubles(rows(['a', '1'], ['', ''], ['a', '2'], ['', '']))]).toEqual([2]);
    expect(toMap(rows(['__proto__', 'x'], ['toString', 'y'], ['', 'value']))).toMatchObject({
      toString: 'y',
      '': 'value',
    });
  });
  it('are the same whatever their order', () => {
    expect(sameMap({ a: '1', b: '2' }, { b: '2', a: '1' })).toBe(true);
    expect(sameMap({ a: '1' }, { a: '1', b: '2' })).toBe(false);
    expect(sameMap({ toString: 'x' }, { a: 'x' })).toBe(false);
  });
  it.each([
    ['team=climate', { key: 'team', value: 'climate' }],
    ['example.com/team: "climate"', { key: 'example.com/team', value: 'climate' }],
    ['  a = b=c ', { key: 'a', value: 'b=c' }],
    ['nginx.ingress.kubernetes.io/proxy-read-timeout: 3600', { key: 'nginx.ingress.kubernetes.io/proxy-read-timeout', value: '3600' }], // prettier-ignore
    ['just-a-key', undefined],
    ['http://example.org', undefined],
  ])('%s is taken apart when pasted', (text, pair) => expect(splitPair(text)).toEqual(pair));
  it('come back as they went in', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
          fc.string(),
        ),
        (map) => sameMap(toMap(Object.entries(map).map(([key, value], id) => ({ id, key, value }))), map),
      ),
    );
  });
});

describe('cluster settings', () => {
  const draft = draftOf(workspace({ cluster: advanced }));
  const rule = (change: Parameters<typeof cluster>[0], path: string) =>
    checkDraft({ ...draft, cluster: { ...advanced, ...change } })[path]?.params?.['rule'];
  it('are silent about what is right', () => {
    expect(checkDraft(draft)).toEqual({});
    expect(workspaceSchema.safeParse(workspace({ cluster: cluster() })).success).toBe(true);
  });
  it.each<[Parameters<typeof cluster>[0], string, string]>([
    [{ namespace: 'Not A Name' }, 'cluster.namespace', 'kubernetes-name'],
    [{ storage: { className: '', sizeGiB: Number.NaN } }, 'cluster.storage.sizeGiB', 'size'],
    [{ storage: { className: 'A', sizeGiB: 1 } }, 'cluster.storage.className', 'kubernetes-name'],
    [{ memoryRequestMiB: 8192 }, 'cluster.memoryRequestMiB', 'request-over-limit'],
    [{ gpu: { resource: 'nvidia.com/gpu', count: Number.NaN } }, 'cluster.gpu.count', 'count'],
    [{ nodeSelector: { 'not a key': 'x' } }, 'cluster.nodeSelector.not a key', 'kubernetes-key'],
    [{ podLabels: { 'app.kubernetes.io/name': 'x' } }, 'cluster.podLabels.app.kubernetes.io/name', 'kubernetes-key-reserved'], // prettier-ignore
    [{ podLabels: { team: 'not a label' } }, 'cluster.podLabels.team', 'kubernetes-label'],
    [{ runAsUser: 0 }, 'cluster.runAsUser', 'uid'],
    [{ repository: 'Not One' }, 'cluster.repository', 'repository'],
  ])('%j is refused at %s by %s', (change, path, expected) => expect(rule(change, path)).toBe(expected));
});

describe('ways out on a cluster', () => {
  const there = workspace({ target: { kind: 'cluster' }, cluster: cluster() });
  it('lead to the field that is wrong', () => {
    expect(fixesFor({ reason: 'repository-missing' }, there)[0]).toMatchObject({ field: 'cluster.repository' });
    expect(fixesFor({ reason: 'out-of-memory' }, there)[0]).toMatchObject({ field: 'cluster.memoryLimitMiB' });
    expect(fixesFor({ reason: 'out-of-memory' }, workspace())[0]).toMatchObject({ field: 'resources.memoryMiB' });
    expect(fixesFor({ reason: 'adopt-first' }, there)).toEqual([{ kind: 'adopt' }]);
  });
  it('of a switch never start the workspace', () => {
    expect(moveFixes({ reason: 'cluster-unreachable' }, there)).toEqual([]);
    expect(moveFixes({ reason: 'port-busy', params: { suggestion: 9 } }, there).map(({ kind }) => kind)).toEqual([
      'settings',
    ]);
  });
});
