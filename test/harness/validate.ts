/** Manifests checked without a cluster, hundreds at a time: by the published schemas, and by the pod security profiles. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { run } from './processes';

interface Validators {
  python: string;
  podsecurity: string;
}

const setup = join(import.meta.dirname, '../../scripts/setup/validators.mjs');
let known: Promise<Validators> | undefined;

/** Where the validators are; installed by set-up when they are missing (a minute). */
function validators(): Promise<Validators> {
  known ??= (async () => {
    const output = await run([process.execPath, setup], { timeout: 600_000 });
    return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Validators;
  })();
  return known;
}

/** Runs a program with `value` as JSON on its standard input and reads JSON from its standard output. */
function asked<T>(program: string, args: string[], value: unknown): Promise<T> {
  return new Promise((done, fail) => {
    const options = { timeout: 300_000, maxBuffer: 256 * 1024 * 1024 };
    const child = execFile(program, args, options, (error, output, errors) => {
      if (error) fail(new Error(`${program}: ${errors || error.message}`));
      else done(JSON.parse(output) as T);
    });
    child.stdin?.end(JSON.stringify(value));
  });
}

const titleOf = (object: object): string => {
  const { kind = 'object', metadata } = object as { kind?: string; metadata?: { name?: string } };
  return `${kind} ${metadata?.name ?? ''}`;
};

/**
 * What the schemas of a Kubernetes version have against objects, unknown fields included: one line for each mistake, with
 * its object's position, kind and name; none when all are well.
 */
export async function validateObjects(objects: object[], version = '1.33'): Promise<string[]> {
  const { python } = await validators();
  const script = join(import.meta.dirname, 'cluster/validate.py');
  const found = await asked<string[][]>(python, [script, version], objects);
  return found.flatMap((lines, index) => lines.map((line) => `#${index} ${titleOf(objects[index] ?? {})}: ${line}`));
}

export type PodSecurityLevel = 'privileged' | 'baseline' | 'restricted';

/** The violations of a profile for each Pod or object with a pod template, by the evaluator the API server uses. */
export async function podSecurityViolations(objects: object[], level: PodSecurityLevel): Promise<string[][]> {
  const { podsecurity } = await validators();
  return asked<string[][]>(podsecurity, [level], objects);
}
