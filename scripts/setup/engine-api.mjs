// The little of the Docker API that set-up needs, on a socket or a TCP address, without any package.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { request } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { jsonOf } from './paths.mjs';
import { SetupError } from './shell.mjs';

/** Addresses at which an engine may answer, the most explicit first. */
export function candidates() {
  const found = [];
  if (process.env.DOCKER_HOST) found.push(process.env.DOCKER_HOST);
  const docker = process.env.DOCKER_CONFIG || join(homedir(), '.docker');
  const current = process.env.DOCKER_CONTEXT || jsonOf(join(docker, 'config.json'))?.currentContext;
  const meta = join(docker, 'contexts/meta');
  if (current && current !== 'default' && existsSync(meta)) {
    for (const folder of readdirSync(meta)) {
      const context = jsonOf(join(meta, folder, 'meta.json'));
      if (context?.Name === current) found.push(context.Endpoints?.docker?.Host);
    }
  }
  if (process.platform === 'win32') {
    found.push('npipe:////./pipe/docker_engine', 'npipe:////./pipe/dockerDesktopLinuxEngine');
  } else {
    const runtime = process.env.XDG_RUNTIME_DIR;
    const sockets = [
      '/var/run/docker.sock',
      join(homedir(), '.docker/run/docker.sock'),
      join(homedir(), '.docker/desktop/docker.sock'),
      join(homedir(), '.colima/default/docker.sock'),
      join(homedir(), '.rd/docker.sock'),
      join(homedir(), '.orbstack/run/docker.sock'),
      runtime && join(runtime, 'docker.sock'),
      runtime && join(runtime, 'podman/podman.sock'),
      '/run/podman/podman.sock',
    ];
    for (const socket of sockets) if (socket && existsSync(socket)) found.push(`unix://${socket}`);
  }
  return [...new Set(found.filter(Boolean))];
}

/** Connection options for an engine address; undefined for one only the docker command can reach (ssh). */
export function connection(host) {
  if (host.startsWith('unix://')) return { socketPath: host.slice('unix://'.length) };
  if (host.startsWith('npipe://')) return { socketPath: host.slice('npipe://'.length).replaceAll('/', '\\') };
  if (/^(tcp|http):\/\//.test(host)) {
    const url = new URL(host.replace(/^tcp:/, 'http:'));
    return { host: url.hostname, port: Number(url.port || 2375) };
  }
  return undefined;
}

/** One API call. `body` is a buffer, a text or a stream. Resolves with status and text; rejects when nothing answers. */
export function call(host, method, path, { body, headers, timeout = 0, onText, signal } = {}) {
  return new Promise((done, fail) => {
    const options = { ...connection(host), method, path, headers: { Host: 'docker', ...headers }, signal };
    const asked = request(options, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk) => {
        text = (text + chunk).slice(-2_000_000);
        onText?.(chunk);
      });
      answer.on('end', () => done({ status: answer.statusCode, text }));
      answer.on('error', fail);
    });
    if (timeout) asked.setTimeout(timeout, () => asked.destroy(new Error(`no answer within ${timeout / 1000} s`)));
    asked.on('error', fail);
    if (body?.pipe) body.pipe(asked);
    else asked.end(body);
  });
}

/** Asks every candidate: `{ host }` of the first that answers, and why the others did not. */
export async function findEngine() {
  const refusals = [];
  for (const host of candidates()) {
    if (!connection(host)) {
      refusals.push({ host, code: 'ESCHEME', reason: 'set-up speaks to sockets and TCP only' });
      continue;
    }
    try {
      const { status } = await call(host, 'GET', '/_ping', { timeout: 3000 });
      if (status === 200) return { host, refusals };
      refusals.push({ host, code: 'EHTTP', reason: `answered ${status}` });
    } catch (error) {
      refusals.push({ host, code: error.code, reason: error.message });
    }
  }
  return { host: undefined, refusals };
}

export async function hasImage(host, reference) {
  const { status } = await call(host, 'GET', `/images/${encodeURI(reference)}/json`, { timeout: 5000 });
  return status === 200;
}

const tarOf = (folder, names = ['.']) => {
  const tar = spawn('tar', ['-C', folder, '--numeric-owner', '--one-file-system', '-c', ...names], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return tar.stdout;
};

/** Fails when an engine's stream of JSON lines holds an error; the status alone says nothing. */
function checked({ status, text }, what) {
  const lines = text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line)];
    } catch {
      return [];
    }
  });
  const error = lines.find((line) => line.error)?.error ?? (status >= 400 ? text : undefined);
  if (error) {
    const log = lines.map((line) => line.stream ?? '').join('');
    throw new SetupError(`${what} failed: ${error}\n${log.split('\n').slice(-30).join('\n')}`);
  }
}

/** Makes an image of a folder's content. */
export async function importImage(host, folder, reference) {
  // The tag as part of the name: Podman leaves a tag of its own unread.
  const path = `/images/create?fromSrc=-&repo=${encodeURIComponent(reference)}`;
  checked(
    await call(host, 'POST', path, { body: tarOf(folder), headers: { 'Content-Type': 'application/x-tar' } }),
    'Import',
  );
}

/** Builds an image with the classic builder from the folder's Dockerfile. */
export async function buildImage(host, folder, reference, args, onText) {
  const query = new URLSearchParams({ t: reference, buildargs: JSON.stringify(args), rm: '1', forcerm: '1' });
  const answer = await call(host, 'POST', `/build?${query}`, {
    body: tarOf(folder),
    headers: { 'Content-Type': 'application/x-tar' },
    onText,
  });
  checked(answer, 'Build');
}
