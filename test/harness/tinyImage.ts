/** Images of two megabytes (Debian's static busybox), made here, so that tests of building, pulling and loading are quick. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type Docker from 'dockerode';
import { pack } from 'tar-stream';

type Entry = { name: string; content?: string | Buffer; mode?: number; link?: string; folder?: true };

/** An uncompressed tar. */
export async function tar(entries: Entry[]): Promise<Buffer> {
  const output = pack();
  for (const { name, content = '', mode = 0o644, link, folder } of entries) {
    if (folder) output.entry({ name, type: 'directory', mode });
    else if (link) output.entry({ name, type: 'symlink', linkname: link });
    else output.entry({ name, mode }, content);
  }
  output.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of output as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const applets = [
  'sh',
  'ls',
  'cat',
  'echo',
  'sleep',
  'true',
  'false',
  'dd',
  'id',
  'seq',
  'yes',
  'wget',
  'ip',
  'mkdir',
  'tr',
  'ln',
];

function layer(extra: Entry[]): Promise<Buffer> {
  return tar([
    { name: 'bin', folder: true, mode: 0o755 },
    { name: 'etc', folder: true, mode: 0o755 },
    { name: 'tmp', folder: true, mode: 0o1777 },
    { name: 'bin/busybox', content: readFileSync('/bin/busybox'), mode: 0o755 },
    ...applets.map((name) => ({ name: `bin/${name}`, link: 'busybox' })),
    ...extra,
  ]);
}

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');

export interface TinyImage {
  /** `docker save` form. */
  docker: Buffer;
  /** OCI layout without manifest.json, its index naming one image per platform. */
  oci: Buffer;
  /** As Docker's classic image store has it. */
  id: string;
}

/** `extra` lies in the layer as well: different content makes a different image. */
export async function tinyImage(
  options: { name?: string; extra?: Entry[]; labels?: Record<string, string> } = {},
): Promise<TinyImage> {
  const architecture = { x64: 'amd64', arm64: 'arm64' }[process.arch as 'x64' | 'arm64'];
  const content = await layer(options.extra ?? []);
  const config = JSON.stringify({
    architecture,
    os: 'linux',
    created: '2026-01-01T00:00:00Z',
    config: { Env: ['PATH=/bin'], Cmd: ['/bin/sh'], Labels: options.labels ?? {} },
    rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(content)}`] },
    history: [{ created: '2026-01-01T00:00:00Z', created_by: 'labdock test' }],
  });
  const manifest = [
    {
      Config: `${sha256(config)}.json`,
      RepoTags: options.name === undefined ? null : [options.name],
      Layers: [`${sha256(content)}/layer.tar`],
    },
  ];
  return {
    id: `sha256:${sha256(config)}`,
    docker: await tar([
      { name: `${sha256(config)}.json`, content: config },
      { name: `${sha256(content)}/layer.tar`, content },
      { name: 'manifest.json', content: JSON.stringify(manifest) },
    ]),
    oci: await ociLayout(config, content, architecture, options.name),
  };
}

async function ociLayout(config: string, content: Buffer, architecture: string, name?: string): Promise<Buffer> {
  const blobs: Entry[] = [];
  const blob = (data: string | Buffer, mediaType: string) => {
    blobs.push({ name: `blobs/sha256/${sha256(data)}`, content: data });
    return { mediaType, digest: `sha256:${sha256(data)}`, size: Buffer.byteLength(data) };
  };
  const type = (what: string) => `application/vnd.oci.image.${what}`;
  const manifest = blob(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: type('manifest.v1+json'),
      config: blob(config, type('config.v1+json')),
      layers: [blob(content, type('layer.v1.tar'))],
    }),
    type('manifest.v1+json'),
  );
  const index = {
    schemaVersion: 2,
    mediaType: type('index.v1+json'),
    manifests: [
      { ...manifest, digest: `sha256:${'0'.repeat(64)}`, platform: { architecture: 's390x', os: 'linux' } },
      {
        ...manifest,
        platform: { architecture, os: 'linux' },
        ...(name !== undefined && { annotations: { 'org.opencontainers.image.ref.name': name } }),
      },
    ],
  };
  return tar([
    { name: 'oci-layout', content: JSON.stringify({ imageLayoutVersion: '1.0.0' }) },
    { name: 'index.json', content: JSON.stringify(index) },
    ...blobs,
  ]);
}

/** Puts a tiny image into an engine, past the code under test. */
export async function putTinyImage(docker: Docker, name: string, options: { extra?: Entry[] } = {}): Promise<void> {
  const image = await tinyImage({ name, ...options });
  const answer = await docker.loadImage(image.docker as unknown as string);
  const chunks: Buffer[] = [];
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
  const words = Buffer.concat(chunks).toString();
  if (!words.includes('Loaded image')) throw new Error(`the engine did not load ${name}: ${words}`);
}
