// `npm start`: sets up what is missing, builds, opens the application. What follows `--` goes to the application:
// `npm start -- --start` starts the default workspace at once.
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.mjs';
import { defaultsFile, knownBase } from './setup/base-image.mjs';
import { electronHere } from './setup/electron.mjs';
import { findEngine } from './setup/engine-api.mjs';
import { meet } from './setup/needs.mjs';
import { nodeModules } from './setup/node-modules.mjs';
import { inProject, project, textOf } from './setup/paths.mjs';
import { productNeeds, systemNote } from './setup/product.mjs';
import { inSession } from './setup/session.mjs';
import { say, SetupError } from './setup/shell.mjs';

/** The command that runs the built project with the Electron that is here. */
function electronCommand() {
  const { kind, dist, version, executable } = electronHere();
  if (kind === 'official') return [executable, project];
  // The stand-in has no default app, so the project is linked as its own: beside hard links to its files, per clone.
  const folder = inProject('.cache/electron');
  if (textOf(join(folder, 'version'))?.trim() !== version || !existsSync(join(folder, 'resources/app'))) {
    rmSync(folder, { recursive: true, force: true });
    linkTree(dist, folder);
    symlinkSync(project, join(folder, 'resources/app'));
  }
  return [join(folder, 'electron')];
}

function linkTree(from, to) {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      linkTree(source, target);
      continue;
    }
    try {
      linkSync(source, target);
    } catch {
      // Another file system.
      copyFileSync(source, target);
    }
  }
}

async function start(args) {
  if (!nodeModules.check() && systemNote()) say(systemNote());
  await meet(productNeeds());
  await build();
  const { host } = await findEngine();
  const known = host ? await knownBase(host) : undefined;
  const provisioned = process.env.LABDOCK_DEFAULTS ?? defaultsFile(known);
  if (known?.kind === 'standin') say('The base image is the stand-in for tests: the public one could not be reached.');
  // Chromium refuses to run as root with its sandbox on.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const pidFile = inProject(`.cache/start-${process.pid}.pid`);
  mkdirSync(inProject('.cache'), { recursive: true });
  const electronProcess = ['sh', '-c', 'echo $$ > "$0"; exec "$@"', pidFile, ...electronCommand(), ...sandbox, ...args];
  const posix = process.platform !== 'win32';
  const { command, notes } = inSession(posix ? electronProcess : electronProcess.slice(4));
  for (const note of notes) say(note[0].toUpperCase() + note.slice(1) + '.');
  const [program, ...rest] = command;
  const child = spawn(program, rest, {
    stdio: 'inherit',
    // A group of its own: Ctrl+C must reach the application first, and neither its display nor its message bus.
    detached: posix,
    env: { ...process.env, ...(provisioned ? { LABDOCK_DEFAULTS: provisioned } : {}) },
  });
  const forward = (signal) => {
    const pid = Number(textOf(pidFile));
    if (pid) process.kill(pid, signal);
    else child.kill(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => forward(signal));
  child.on('error', (error) => {
    console.error(`Labdock could not be opened: ${error.message}`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    rmSync(pidFile, { force: true });
    process.exitCode = signal ? 1 : code;
  });
}

try {
  await start(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error);
  process.exitCode = 1;
}
