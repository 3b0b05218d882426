import { describe, expect, it } from 'vitest';
import { PullProgress } from '../../../main/runtime/docker/pullProgress';
import { withTag } from '../../../main/runtime/docker/pull';
import type { EngineMessage } from '../../../main/runtime/docker/ndjson';

const layers = ['aaaaaaaaaaaa', 'bbbbbbbbbbbb', 'cccccccccccc'] as const;
const at = (id: string, status: string, current?: number, total?: number): EngineMessage => ({
  id,
  status,
  ...(current !== undefined && { progressDetail: { current, total } }),
});

function fractions(messages: EngineMessage[]) {
  const progress = new PullProgress();
  return messages.flatMap((message) => progress.push(message)).flatMap(({ fraction }) => fraction ?? []);
}

describe('a pull', () => {
  it('merges layers to a fraction of bytes that only grows and ends at 1', () => {
    const [a, b, c] = layers;
    const seen = fractions([
      { status: 'Pulling from library/x', id: '1.2' },
      at(a, 'Pulling fs layer'),
      at(b, 'Pulling fs layer'),
      at(c, 'Already exists'),
      at(a, 'Downloading', 50, 100),
      at(b, 'Downloading', 10, 900),
      at(b, 'Downloading', 450, 900),
      at(a, 'Download complete'),
      at(b, 'Download complete'),
      at(a, 'Extracting', 100, 100),
      at(a, 'Pull complete'),
      at(b, 'Extracting', 450, 900),
      at(b, 'Pull complete'),
      { status: 'Digest: sha256:1' },
    ]);
    expect(seen).toEqual([...seen].sort((x, y) => x - y));
    expect(seen.at(-1)).toBe(1);
    // Half of the larger layer fetched: bytes count, not layers.
    expect(seen.some((value) => value > 0.36 && value < 0.42)).toBe(true);
  });

  it('counts a layer that waits as an average one', () => {
    const [a, b] = layers;
    const seen = fractions([at(a, 'Pulling fs layer'), at(b, 'Waiting'), at(a, 'Downloading', 100, 100)]);
    expect(seen).toEqual([0.375]);
  });

  it('keeps byte counts out of the log and everything else in it', () => {
    const progress = new PullProgress();
    expect(progress.push({ status: 'Pulling from library/x', id: '1.2' })).toEqual([{ line: '1.2: Pulling from library/x' }]); // prettier-ignore
    expect(progress.push(at(layers[0], 'Waiting'))).toEqual([{ line: `${layers[0]}: Waiting` }]);
    expect(progress.push(at(layers[0], 'Downloading', 1, 4)).every(({ line }) => line === undefined)).toBe(true);
    expect(progress.push({ status: 'Status: Image is up to date' })).toEqual([{ line: 'Status: Image is up to date' }]);
  });
});

it('asks for one tag, never for all', () => {
  expect(withTag('x')).toBe('x:latest');
  expect(withTag('127.0.0.1:5000/a/b')).toBe('127.0.0.1:5000/a/b:latest');
  expect(withTag('127.0.0.1:5000/a/b:2')).toBe('127.0.0.1:5000/a/b:2');
  expect(withTag(`a@sha256:${'0'.repeat(64)}`)).toBe(`a@sha256:${'0'.repeat(64)}`);
});
