/** Runs the cases and writes latest.json. Called by scripts/bench.mjs inside a display, a session bus and a keychain. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { cases, CaseWorld } from './cases';
import { merged, table, type Figure, type Row } from './figures';
import { withWorld } from './world';

export interface Options {
  app: string;
  bare: string;
  pairs: number;
  /** Names of cases; empty: all of them. */
  named: string[];
}

const latest = join(import.meta.dirname, 'latest.json');

export const caseNames = (): string[] => Object.keys(cases);

/** Resolves to false where a goal was missed or a case could not be measured. */
export async function bench({ named, ...parts }: Options): Promise<boolean> {
  const chosen = named.length > 0 ? named : caseNames();
  const unknown = chosen.filter((name) => !(name in cases));
  if (unknown.length > 0) throw new Error(`no such case: ${unknown.join(' ')} (there are: ${caseNames().join(' ')})`);
  const failed: string[] = [];
  const figures: Figure[] = [];
  await withWorld(parts, async (world) => {
    const given = new CaseWorld(world);
    for (const name of chosen) {
      console.log(`measuring: ${name} (load ${loadavg()[0]!.toFixed(1)})`);
      try {
        const found = await cases[name]!(given);
        for (const f of found) console.log(`  ${f.ratio} (goal ${f.goal}) ${f.name}: ${f.seen}`);
        figures.push(...found);
        write(found);
      } catch (error) {
        console.error(`  ${name} could not be measured:`, error);
        failed.push(name);
      }
    }
  });
  console.log(`\n${table(figures)}\n`);
  if (failed.length > 0) console.log(`Not measured: ${failed.join(' ')}`);
  return failed.length === 0 && figures.every((figure) => figure.holds);
}

/** After each case: an hour's figures should not hang on the last one. */
function write(found: readonly Figure[]): void {
  const before = existsSync(latest) ? (JSON.parse(readFileSync(latest, 'utf8')) as Row[]) : [];
  writeFileSync(latest, `${JSON.stringify(merged(before, found), null, 2)}\n`);
}
