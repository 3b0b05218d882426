// One at a time: two commands in the same clone must not build into the same folder.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { textOf } from './paths.mjs';
import { say } from './shell.mjs';

const alive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

/** Runs `work` while no other process holds the folder `lock`. The lock of a process that has ended does not count. */
export async function locked(lock, work) {
  mkdirSync(join(lock, '..'), { recursive: true });
  let said = false;
  for (;;) {
    try {
      mkdirSync(lock);
      writeFileSync(join(lock, 'pid'), String(process.pid));
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = Number(textOf(join(lock, 'pid')));
    if (holder && !alive(holder)) {
      rmSync(lock, { recursive: true, force: true });
      continue;
    }
    if (!said) say(`  waiting for process ${holder || ''} to finish the same work`);
    said = true;
    await new Promise((done) => setTimeout(done, 300));
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}
