import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildProblem } from '../../../main/runtime/docker/buildErrors';
import { BuildkitReader, ClassicReader, type BuildReader } from '../../../main/runtime/docker/buildProgress';
import { engineMessages } from '../../../main/runtime/docker/ndjson';
import type { ImageProgress } from '../../../main/runtime/runtime';

/** Streams recorded from Docker Engine 20.10 and Podman 4.3, cut into pieces of 7 bytes. */
async function replay(name: string, reader: BuildReader) {
  const progress: ImageProgress[] = [];
  let words = '';
  try {
    const file = createReadStream(join(import.meta.dirname, 'fixtures', `${name}.ndjson`), { highWaterMark: 7 });
    for await (const message of engineMessages(file)) progress.push(...reader.push(message));
  } catch (error) {
    words = (error as Error).message;
  }
  return {
    lines: progress.flatMap(({ line }) => (line === undefined ? [] : [line])),
    steps: progress.flatMap(({ step }) => (step ? [`${step.current}/${step.total} ${step.label.split(' ')[0]}`] : [])),
    problem: words === '' ? undefined : buildProblem({ words, step: reader.stepOf(words), tail: reader.tail }),
  };
}

const missing = { reason: 'package-not-found', params: { package: 'nosuchpkg', kernel: 'b' } };

describe('a BuildKit build', () => {
  it('counts steps and shows each line once, in full', async () => {
    const { lines, steps, problem } = await replay('buildkit-built', new BuildkitReader());
    expect(problem).toBeUndefined();
    expect(steps).toEqual(['1/3 FROM', '2/3 RUN', '3/3 RUN']);
    expect(lines).toContain('#2 [2/3] RUN echo hello fresh; echo 한글 >&2');
    expect(lines.filter((line) => line === '#2 한글')).toHaveLength(1);
    expect(lines.filter((line) => /^#3 [1-5]$/.test(line))).toEqual(['#3 1', '#3 2', '#3 3', '#3 4', '#3 5']);
  });

  it('names the step, stage and last lines of what failed, not of its neighbour', async () => {
    const { lines, problem } = await replay('buildkit-two-stages-failed', new BuildkitReader());
    expect(problem).toMatchObject(missing);
    expect(problem?.detail).toMatch(/^b1\nNo matching distribution/);
    expect(problem?.detail).not.toContain('a1');
    expect(lines).toContain('#3 a1');
  });

  it('says what is wrong with a Dockerfile that cannot be read', async () => {
    const { problem } = await replay('buildkit-unreadable', new BuildkitReader());
    expect(problem).toMatchObject({
      reason: 'build-failed',
      params: { step: 0, total: 0, instruction: 'dockerfile parse error line 2: unknown instruction: RUNX' },
    });
  });

  it('survives progress that cannot be decoded', () => {
    const reader = new BuildkitReader();
    expect(reader.push({ id: 'moby.buildkit.trace', aux: 'CgX/////' })).toEqual([]);
    expect(reader.push({ id: 'moby.buildkit.trace', aux: { not: 'base64' } })).toEqual([]);
    expect(reader.stepOf()).toBeUndefined();
  });
});

describe('a classic build', () => {
  it('names the step, stage and last lines of what failed', async () => {
    const { steps, problem } = await replay('classic-two-stages-failed', new ClassicReader());
    expect(steps).toEqual(['1/9 FROM', '2/9 RUN', '3/9 FROM', '4/9 RUN', '5/9 FROM', '6/9 RUN']);
    expect(problem).toMatchObject(missing);
    expect(problem?.detail).toMatch(/^b1\nNo matching distribution[^\n]*\nThe command /);
  });

  it('strips colours and joins pieces of a line', () => {
    const reader = new ClassicReader();
    reader.push({ stream: 'Step 1/1 : RUN x\n' });
    expect(reader.push({ stream: '\u001b[91mwarn' })).toEqual([]);
    expect(reader.push({ stream: 'ing\n\u001b[0m10%\r20%\r30%\n' })).toEqual([{ line: 'warning' }, { line: '30%' }]);
  });

  it('keeps the last thirty lines of the step alone', () => {
    const reader = new ClassicReader();
    reader.push({ stream: 'Step 1/2 : RUN a\nold\nStep 2/2 : RUN b\n' });
    for (let i = 0; i < 100; i += 1) reader.push({ stream: `line ${i}\n` });
    expect(reader.tail).toHaveLength(30);
    expect(reader.tail[0]).toBe('line 70');
  });

  it('cuts a line without end', () => {
    const reader = new ClassicReader();
    for (let i = 0; i < 100; i += 1) reader.push({ stream: 'x'.repeat(10_000) });
    const [progress] = reader.push({ stream: '\n' });
    expect(progress?.line).toHaveLength(16_385);
    expect(progress?.line).toMatch(/x…$/);
  });
});

describe("Podman's build", () => {
  it('counts over stages it visits back and forth, never backwards', async () => {
    const { steps, problem } = await replay('podman-two-stages-failed', new ClassicReader());
    const counts = steps.map((step) => Number.parseInt(step, 10));
    expect(counts).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(problem).toMatchObject(missing);
  });

  it('finds the failed step although another stage spoke last', () => {
    const reader = new ClassicReader();
    reader.push({ stream: '[2/2] STEP 1/2: FROM x AS last\n[2/2] STEP 2/2: COPY --from=one /a /b\n' });
    reader.push({ stream: '[1/2] STEP 1/2: FROM x AS one\n[1/2] STEP 2/2: RUN true\n' });
    expect(reader.stepOf('building at STEP "COPY --from=one /a /b": no such file')).toMatchObject({ stage: 'last' });
    expect(reader.stepOf('something else')).toMatchObject({ label: 'RUN true', stage: 'one' });
  });
});
