import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { agreed, fillHashes, same, sides, unknownContent } from '../../../main/workspace/move/compare';
import { merge } from '../../../main/workspace/move/merge';
import type { BaseListing, Direction, Entry, Listing, Plan, Traits } from '../../../main/workspace/move/model';
import { diskKey } from '../../../main/workspace/move/names';

const linux: Traits = { platform: 'linux', insensitive: false };
const trash = '.labdock/trash/t';
const label = 'kept from cluster 2026-11-25';

/** What stands at a path: content of a file, target of a link, a folder, something special. */
type Thing = { kind: 'f'; content: string } | { kind: 'l'; target: string } | { kind: 'd' } | { kind: 'o' };
type Tree = Record<string, Thing>;

const thing: fc.Arbitrary<Thing> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('1', '2', '33').map((content) => ({ kind: 'f' as const, content })) },
  { weight: 1, arbitrary: fc.constantFrom('x', 'y').map((target) => ({ kind: 'l' as const, target })) },
  { weight: 2, arbitrary: fc.constant({ kind: 'd' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'o' as const }) },
);
const path = fc
  .array(fc.constantFrom('a', 'b', 'A', 'c.txt'), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join('/'));

/** A tree in which only folders have something in them, and every folder on the way is there. */
function rooted(things: [string, Thing][]): Tree {
  const tree: Tree = {};
  for (const [at, what] of things.sort(([a], [b]) => (a < b ? -1 : 1))) {
    const parts = at.split('/');
    const parents = parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join('/'));
    if (parents.some((parent) => tree[parent] && tree[parent].kind !== 'd')) continue;
    for (const parent of parents) tree[parent] ??= { kind: 'd' };
    tree[at] ??= what;
  }
  return tree;
}
const tree = fc.array(fc.tuple(path, thing), { maxLength: 8 }).map(rooted);

/** Three trees that have much in common, as real ones have. */
const three = fc
  .tuple(
    tree,
    fc.array(fc.tuple(path, fc.option(thing)), { maxLength: 5 }),
    fc.array(fc.tuple(path, fc.option(thing)), { maxLength: 5 }),
  )
  .map(([base, one, two]) => ({ base, source: changed(base, one), destination: changed(base, two) }));

function changed(from: Tree, changes: [string, Thing | null][]): Tree {
  const entries = new Map(Object.entries(from));
  for (const [at, what] of changes) {
    for (const known of [...entries.keys()]) if (known === at || known.startsWith(`${at}/`)) entries.delete(known);
    if (what) entries.set(at, what);
  }
  return rooted([...entries]);
}

function listing(of: Tree, side: string): Listing {
  return new Map(
    Object.entries(of).map(([at, what]): [string, Entry] => {
      const entry: Entry = {
        path: at,
        kind: what.kind,
        mode: 0o644,
        size: 0,
        mtimeNs: '0',
        signature: `${side}.${at}`,
      };
      if (what.kind === 'f')
        Object.assign(entry, { size: what.content.length, signature: `${side}.${at}.${what.content}` });
      if (what.kind === 'l') entry.target = what.target;
      return [at, entry];
    }),
  );
}

function baseOf(of: Tree): BaseListing {
  return new Map(
    Object.entries(of)
      .filter(([, what]) => what.kind !== 'o')
      .map(([at, what]) => {
        const entry = { ...listing({ [at]: what }, 'x').get(at)!, ...(what.kind === 'f' && { hash: what.content }) };
        return [at, { ...agreed('to-cluster', entry, ''), local: '', far: '' }];
      }),
  );
}

/** As the move does it: only what {@link unknownContent} asks for is read. */
function planOf(
  source: Tree,
  destination: Tree,
  base: Tree | null,
  traits = linux,
  direction: Direction = 'to-cluster',
) {
  const names = sides(direction);
  const [s, d] = [listing(source, names.source), listing(destination, names.destination)];
  const b = base && baseOf(base);
  const known: BaseListing = b ?? new Map<string, never>();
  fillHashes(s, known, names.source);
  const wanted = unknownContent(s, d, known);
  for (const [list, paths, from] of [
    [s, wanted.source, source],
    [d, wanted.destination, destination],
  ] as const)
    for (const at of paths) list.get(at)!.hash = (from[at] as { content: string }).content;
  return merge({ direction, source: s, destination: d, base: b, traits, label, trash });
}

/** Carries a plan out on a tree, as the journal does. Trash included. */
function applied(plan: Plan, source: Tree, destination: Tree): Tree {
  const out = new Map(Object.entries(destination));
  const below = (at: string) => [...out.keys()].filter((one) => one === at || one.startsWith(`${at}/`));
  const rename = (from: string, to: string) => {
    for (const one of below(from)) {
      const what = out.get(one)!;
      out.delete(one);
      out.set(to + one.slice(from.length), what);
    }
  };
  for (const line of plan.before) {
    if (line[0] === 'trash' || line[0] === 'keep') {
      expect(out.has(line[1]), `${line[0]} ${line[1]}`).toBe(true);
      expect(out.has(line[2]), `${line[2]} is taken`).toBe(false);
      rename(line[1], line[2]);
    } else if (line[0] === 'rmdir') {
      expect(below(line[1]), `${line[1]} is not empty`).toEqual([line[1]]);
      out.delete(line[1]);
      out.set(line[2], { kind: 'd' });
    } else if (line[0] === 'mkdir') {
      expect(out.get(line[1])?.kind ?? 'd').toBe('d');
      out.set(line[1], { kind: 'd' });
    }
  }
  for (const { entry, keep } of plan.puts) {
    const there = out.get(entry.path);
    expect(there?.kind, `${entry.path} is a folder`).not.toBe('d');
    if (there) {
      expect(keep, `nowhere to keep ${entry.path}`).not.toBe('');
      expect(out.has(keep)).toBe(false);
      out.set(keep, there);
    }
    out.set(entry.path, source[entry.path]!);
  }
  return Object.fromEntries(out);
}

const alive = (of: Tree) => Object.fromEntries(Object.entries(of).filter(([at]) => !at.startsWith('.labdock/')));
const movable = ([, what]: [string, Thing]) => what.kind !== 'o';
const identical = (a: Thing | undefined, b: Thing | undefined) => JSON.stringify(a) === JSON.stringify(b);
/** How often each content stands in a tree. */
function counted(of: Tree): Map<string, number> {
  const counts = new Map<string, number>();
  for (const what of Object.values(of)) {
    if (what.kind === 'd') continue;
    const key = JSON.stringify(what);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

const runs = { numRuns: 2000 };

describe('three-way merge', () => {
  test('nothing of the source is missing after, unless only the destination worked on it', () => {
    fc.assert(
      fc.property(three, fc.boolean(), ({ base, source, destination }, first) => {
        const after = applied(planOf(source, destination, first ? null : base), source, destination);
        for (const [at, what] of Object.entries(source).filter(movable)) {
          if (identical(after[at], what)) continue;
          expect(first).toBe(false);
          expect(identical(what, base[at]), `${at} is lost`).toBe(true);
          expect(identical(after[at], destination[at])).toBe(true);
        }
      }),
      runs,
    );
  });

  test('whatever the destination had is still there: in its place, under another name, or in the trash', () => {
    fc.assert(
      fc.property(three, fc.boolean(), ({ base, source, destination }, first) => {
        const after = counted(applied(planOf(source, destination, first ? null : base), source, destination));
        const before = counted(destination);
        for (const [what, count] of before) expect(after.get(what) ?? 0).toBeGreaterThanOrEqual(count);
      }),
      runs,
    );
  });

  test('what only the destination had, or changed, is not in the trash', () => {
    fc.assert(
      fc.property(three, ({ base, source, destination }) => {
        const after = applied(planOf(source, destination, base), source, destination);
        const visible = counted(alive(after));
        for (const [at, what] of Object.entries(destination)) {
          if (what.kind === 'd' || identical(what, base[at])) continue;
          expect(visible.get(JSON.stringify(what)) ?? 0, at).toBeGreaterThan(0);
        }
      }),
      runs,
    );
  });

  test('without a base nothing is deleted', () => {
    fc.assert(
      fc.property(three, ({ source, destination }) => {
        const plan = planOf(source, destination, null);
        expect(plan.deletions).toBe(0);
        expect(plan.before.filter(([kind]) => kind === 'trash')).toEqual([]);
        const after = alive(applied(plan, source, destination));
        expect(Object.keys(after).length).toBeGreaterThanOrEqual(
          Object.keys(destination).length - Object.values(destination).filter((what) => what.kind === 'd').length,
        );
      }),
      runs,
    );
  });

  test('what was deleted at the source and not touched at the destination is gone from there', () => {
    fc.assert(
      fc.property(three, ({ base, source, destination }) => {
        const after = applied(planOf(source, destination, base), source, destination);
        for (const [at, what] of Object.entries(base)) {
          if (what.kind === 'd' || what.kind === 'o' || source[at] || !identical(destination[at], what)) continue;
          const around = at
            .split('/')
            .slice(0, -1)
            .map((_, index, all) => all.slice(0, index + 1).join('/'));
          if (around.some((parent) => source[parent]?.kind === 'o')) continue;
          expect(after[at], at).toBeUndefined();
        }
      }),
      runs,
    );
  });

  test('two alike sides need nothing, and a plan carried out is alike', () => {
    fc.assert(
      fc.property(three, fc.boolean(), ({ base, source, destination }, first) => {
        const alike = planOf(source, source, first ? null : base);
        expect([...alike.before, ...alike.puts].filter((op) => (Array.isArray(op) ? op[0] !== 'mkdir' : true))).toEqual(
          [],
        );
        const plan = planOf(source, destination, first ? null : base);
        const after = alive(applied(plan, source, destination));
        const settled: Tree = {};
        for (const { path: at } of plan.settled)
          if (after[at] && source[at])
            settled[at] = base[at] && !identical(source[at], after[at]) ? base[at] : source[at];
        for (const { entry } of plan.puts) settled[entry.path] = source[entry.path]!;
        const twice = planOf(source, after, settled);
        expect(twice.puts).toEqual([]);
        expect(twice.before).toEqual([]);
        expect(twice.conflicts).toEqual([]);
      }),
      runs,
    );
  });

  test('on a disk without case no two names meet', () => {
    const traits: Traits = { platform: 'darwin', insensitive: true };
    fc.assert(
      fc.property(three, ({ base, source, destination }) => {
        // Such a disk holds one of them only.
        const seen = new Set<string>();
        const folded = rooted(
          Object.entries(destination).filter(([at]) => {
            const parts = at.split('/');
            const spelled = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
            if (
              spelled.some((one) =>
                [...seen].some((other) => diskKey(other, traits) === diskKey(one, traits) && other !== one),
              )
            )
              return false;
            for (const one of spelled) seen.add(one);
            return true;
          }),
        );
        const plan = planOf(source, folded, base, traits);
        const after = applied(plan, source, folded);
        const files = Object.entries(alive(after)).filter(([, what]) => what.kind !== 'd');
        const keys = files.map(([at]) => diskKey(at, traits));
        expect(new Set(keys).size).toBe(keys.length);
        for (const [at, what] of Object.entries(source).filter(movable)) {
          const leftOut = plan.leftOut.some((out) => at === out.path || at.startsWith(`${out.path}/`));
          if (leftOut || what.kind === 'd') continue;
          expect(identical(after[at], what) || identical(what, base[at]), at).toBe(true);
        }
      }),
      runs,
    );
  });

  test('what is left out at the source stays at the destination', () => {
    fc.assert(
      fc.property(three, path, ({ base, source, destination }, out) => {
        const s = listing(source, 'local');
        const entry = s.get(out);
        if (!entry) return;
        for (const at of [...s.keys()]) if (at.startsWith(`${out}/`)) s.delete(at);
        s.set(out, { ...entry, why: 'unreadable' });
        const d = listing(destination, 'far');
        for (const [at, one] of d) if (one.kind === 'f') one.hash = (destination[at] as { content: string }).content;
        const plan = merge({
          direction: 'to-cluster',
          source: s,
          destination: d,
          base: baseOf(base),
          traits: linux,
          label,
          trash,
        });
        const after = applied(plan, source, destination);
        for (const [at, what] of Object.entries(destination))
          if (at === out || at.startsWith(`${out}/`)) expect(identical(after[at], what), at).toBe(true);
        expect(plan.leftOut.map((one) => one.path)).toContain(out);
      }),
      runs,
    );
  });
});

test('unknown content is the same as nothing', () => {
  expect(same({ kind: 'f', size: 1 }, { kind: 'f', size: 1 })).toBe(false);
  expect(same({ kind: 'f', size: 1, hash: 'a' }, { kind: 'f', size: 1, hash: 'a' })).toBe(true);
});
