/** What the image tests need: the product's own builder on the machine's engine, and containers that are cleaned up. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import type Docker from 'dockerode';
import { pack } from 'tar-stream';
import { contextTar } from '../../../main/image/context';
import type { Kernel } from '../../../main/image/model';
import { loadParts, type ImageParts } from '../../../main/image/parts';
import { makeRecipe, type Recipe, type RecipeRequest } from '../../../main/image/recipe';
import type { Builder } from '../../../main/runtime/docker/build';
import { createClient } from '../../../main/runtime/docker/client';
import { DockerImageStore } from '../../../main/runtime/docker/imageStore';
import type { ImageInfo } from '../../../main/runtime/runtime';
import { testBase, testBaseIn, type TestBase } from '../../harness/baseImage';
import { machineEngine } from '../../harness/engine';

const run = promisify(execFile);
/** On every container and image of these tests. */
const label = 'io.labdock.test=image';

export const kernel = (name: string, version: string, pip: string[] = []): Kernel => ({
  name,
  displayName: `Kernel ${name}`,
  language: 'python',
  version,
  conda: [],
  pip,
});

export interface Answer {
  code: number;
  stdout: string;
  stderr: string;
}

export class Workbench {
  readonly #made: string[] = [];
  readonly #running: string[] = [];
  readonly #host: string;

  private constructor(
    socket: string,
    readonly docker: Docker,
    readonly base: TestBase,
    readonly parts: ImageParts,
  ) {
    this.#host = `unix://${socket}`;
  }

  /** On the machine's engine, or on another one. */
  static async open(other?: string): Promise<Workbench> {
    const socket = other ?? (await machineEngine());
    const base = await (other ? testBaseIn(other) : testBase());
    const parts = await loadParts(join(import.meta.dirname, '../../../resources'));
    return new Workbench(socket, createClient({ host: `unix://${socket}` }), base, parts);
  }

  store(builder?: Builder): DockerImageStore {
    return new DockerImageStore(this.docker, builder ? { builder } : {});
  }

  recipe(kernels: Kernel[], more: Partial<RecipeRequest> = {}): Recipe {
    const proxy = { http: '', https: '', noProxy: '' };
    const build = { base: this.base.reference, channels: this.base.channels, caBundle: '', proxy };
    return makeRecipe({ kernels, build, parts: this.parts, ...more });
  }

  async build(recipe: Recipe, builder?: Builder): Promise<{ image: ImageInfo; lines: string[] }> {
    const lines: string[] = [];
    const { name, buildArgs, labels, bases, sources } = recipe;
    const request = { name, buildArgs, labels, bases, sources, context: () => contextTar(recipe) };
    const onProgress = ({ line }: { line?: string }) => void (line !== undefined && lines.push(line));
    const signal = new AbortController().signal;
    const image = await this.store(builder).build(request, { signal, onProgress });
    this.#made.push(name);
    return { image, lines };
  }

  /** Removed at the end, with what the test builds itself. */
  remember(image: string): void {
    this.#made.push(image);
  }

  async cli(...args: string[]): Promise<Answer> {
    const options = { env: { ...process.env, DOCKER_HOST: this.#host }, maxBuffer: 64 << 20, timeout: 120_000 };
    try {
      return { code: 0, ...(await run('docker', args, options)) };
    } catch (error) {
      const { code, stdout = '', stderr = '' } = error as { code?: number; stdout?: string; stderr?: string };
      return { code: typeof code === 'number' ? code : -1, stdout, stderr };
    }
  }

  /** `docker run` to its end. */
  once(image: string, options: string[], ...command: string[]): Promise<Answer> {
    return this.cli('run', '--rm', '--network=none', '--label', label, ...options, image, ...command);
  }

  /** Starts a server with a token and waits for /api/status. Removed at the end. */
  async serve(image: string, options: string[], command: string[] = [], files: TestFile[] = []): Promise<Server> {
    const common = ['--label', label, '-p', '127.0.0.1::8888', '-e', 'JUPYTER_TOKEN=t0ken'];
    const created = await this.cli('create', ...common, ...options, image, ...command);
    if (created.code !== 0) throw new Error(created.stderr);
    const id = created.stdout.trim();
    this.#running.push(id);
    await this.put(id, files);
    await this.cli('start', id);
    return this.ready(id);
  }

  /** Into a container that is not running, as the runtime puts configuration there. */
  async put(id: string, files: TestFile[]): Promise<void> {
    const tar = pack();
    for (const { path, content, mode, uid = 0 } of files)
      tar.entry({ name: path.slice(1), mode, uid, gid: uid }, content);
    tar.finalize();
    await this.docker.getContainer(id).putArchive(await buffer(tar), { path: '/' });
  }

  async ready(id: string): Promise<Server> {
    const published = await this.cli('port', id, '8888/tcp');
    const origin = `http://${published.stdout.trim().split('\n')[0]}`;
    const deadline = Date.now() + 90_000;
    for (;;) {
      // The engine's proxy accepts before the server listens; such a connection may never get an answer.
      const signal = AbortSignal.timeout(2000);
      const status = await fetch(`${origin}/api/status`, { headers: { Authorization: 'token t0ken' }, signal }).then(
        (answer) => answer.status,
        () => 0,
      );
      if (status === 200) return { id, origin };
      if (Date.now() > deadline) {
        const logs = await this.cli('logs', '--tail', '60', id);
        throw new Error(`${status} from ${origin}\n${logs.stdout}${logs.stderr}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  exec(server: Server, ...command: string[]): Promise<Answer> {
    return this.cli('exec', server.id, ...command);
  }

  /** Runs code in kernels over the server's websocket; see kernelClient.py for the steps. */
  async inKernel(server: Server, name: string, steps: KernelStep[], python: string): Promise<KernelAnswer[]> {
    const client = readFileSync(join(import.meta.dirname, 'kernelClient.py'), 'utf8');
    const said = await this.exec(server, python, '-c', client, name, JSON.stringify(steps));
    if (said.code !== 0) throw new Error(`${said.stdout}\n${said.stderr}`);
    return JSON.parse(said.stdout.trim().split('\n').at(-1)!) as KernelAnswer[];
  }

  async close(): Promise<void> {
    if (this.#running.length > 0) await this.cli('rm', '-fv', ...this.#running);
    for (const image of this.#made) await this.cli('rmi', '-f', image);
  }
}

export interface TestFile {
  path: string;
  content: string | Buffer;
  mode: number;
  uid?: number;
}

export interface Server {
  id: string;
  origin: string;
}

export interface KernelStep {
  code: string;
  /** Interrupt the kernel as soon as it printed something. */
  interrupt?: boolean;
}

export interface KernelAnswer {
  text: string;
  error: string | null;
}
