import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCrashLog, redact } from '../../../main/app/crashLog';
import { checkMemory, openMemory } from '../../../main/app/memory';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'labdock-app-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('what the window remembers', () => {
  it('is there after a restart', () => {
    const memory = openMemory(join(folder, 'new', 'data'));
    memory.update({ bounds: { x: 1, y: 2, width: 800, height: 600 }, lastView: 'abcdef012345' });
    memory.update({ lastView: undefined, theme: 'dark' });
    memory.flush();
    expect(openMemory(join(folder, 'new', 'data')).value).toEqual({
      bounds: { x: 1, y: 2, width: 800, height: 600 },
      theme: 'dark',
    });
  });
  it.each(['', '{', 'null', '[]', '7', '{"bounds":{"x":"1"}}'])('is nothing when the file holds %j', (text) => {
    writeFileSync(join(folder, 'window.json'), text);
    expect(openMemory(folder).value).toEqual({});
  });
  it('keeps what is right and drops the rest', () => {
    expect(
      checkMemory({
        bounds: { x: 1, y: 2, width: 1e9, height: 3 },
        maximized: 'yes',
        theme: 'pink',
        lastView: '../../etc',
        lastWorkspace: 'abcdef012345',
        toldAboutTray: true,
        extra: 1,
      }),
    ).toEqual({ lastWorkspace: 'abcdef012345', toldAboutTray: true });
  });
});

describe('the log of crashes', () => {
  it('keeps secrets out', () => {
    const secret = 's3cr3t-Value_1';
    for (const line of [
      `GET /lab?token=${secret}&x=1`,
      `headers: { "Authorization": "token ${secret}" }`,
      `Authorization: Bearer ${secret}`,
      `argon2:$argon2id$v=19$m=10240,t=10,p=8$${secret}`,
      `http://proxy-user:${secret}@proxy.example:3128/`,
      `POST /login?password=${secret}`,
    ]) {
      expect(redact(line)).not.toContain(secret);
    }
    expect(redact('GET /lab?token=x&next=/a')).toContain('next=/a');
  });
  it('is bounded, and keeps one older file', () => {
    const log = openCrashLog(folder);
    for (let i = 0; i < 60; i++) log.write('test', new Error('x'.repeat(20_000)));
    expect(readFileSync(log.path).length).toBeLessThan(600 * 1024);
    expect(readFileSync(`${log.path}.1`).length).toBeLessThan(600 * 1024);
    log.write('last', 'the end');
    expect(readFileSync(log.path, 'utf8')).toMatch(/ last the end\n$/);
  });
});
