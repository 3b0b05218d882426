/** Finds, creates and removes what carries Labdock's label on an engine, and touches nothing else. */
import type Docker from 'dockerode';
import { LabdockError } from '../../common/problem';
import { labels } from '../runtime';
import { ask } from './client';
import { statusCode } from './errors';
import { pick } from './observation';

/** All containers of a workspace, running or not. */
export async function listOwn(client: Docker, workspaceId?: string): Promise<Docker.ContainerInfo[]> {
  const label = workspaceId === undefined ? labels.workspace : `${labels.workspace}=${workspaceId}`;
  const found = await ask((abortSignal) =>
    client.listContainers({ all: true, filters: { label: [label] }, abortSignal }),
  );
  // A filter an engine does not understand lists everything.
  return found.filter((c) => {
    const id = c.Labels?.[labels.workspace];
    return id !== undefined && (workspaceId === undefined || id === workspaceId);
  });
}

/** Its server as it is now; null where there is none, or it went away meanwhile. */
export async function inspectOwn(client: Docker, workspaceId: string): Promise<Docker.ContainerInspectInfo | null> {
  const found = pick(await listOwn(client, workspaceId));
  return found && (await inspectOrNull(client, found.Id));
}

export async function inspectOrNull(client: Docker, idOrName: string): Promise<Docker.ContainerInspectInfo | null> {
  return orNull(ask((abortSignal) => client.getContainer(idOrName).inspect({ abortSignal })));
}

/** Removes one container by id, running or not; its volumes stay. Resolves when it is gone. */
export async function removeContainer(client: Docker, id: string): Promise<void> {
  // Without `v`: that would delete anonymous volumes, and an image may have declared one where work is kept.
  const options = { force: true, v: false };
  // Forced removal kills at once on Docker; Podman 4.3 would first wait for the whole grace period.
  await ask((abortSignal) => client.getContainer(id).kill({ abortSignal })).catch((error: unknown) => {
    if (statusCode(error) === undefined) throw error;
  });
  try {
    await ask((abortSignal) => client.getContainer(id).remove({ ...options, abortSignal }), { timeoutMs: 120_000 });
  } catch (error) {
    if (statusCode(error) === 404) return;
    // 409: somebody else is removing it.
    if (statusCode(error) !== 409) throw error;
    await goneWithin(client, id, 30_000);
  }
}

async function goneWithin(client: Docker, id: string, milliseconds: number): Promise<void> {
  const end = Date.now() + milliseconds;
  while (await inspectOrNull(client, id)) {
    if (Date.now() > end)
      throw new LabdockError('engine-error', undefined, { detail: `container ${id} is not removed` });
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** Makes the labelled volume unless it is there. Rejects with `name-foreign` where that name is somebody else's. */
export async function ensureVolume(client: Docker, name: string, workspaceId: string, signal?: AbortSignal) {
  // Both engines answer a second creation with the existing volume, whatever its labels.
  await ask((abortSignal) =>
    client.createVolume({ Name: name, Labels: { [labels.workspace]: workspaceId }, abortSignal }), { signal }); // prettier-ignore
  const volume = await ask((abortSignal) => client.getVolume(name).inspect({ abortSignal }), { signal });
  if (volume.Labels?.[labels.workspace] !== workspaceId) throw new LabdockError('name-foreign', { name });
}

/** Removes a labelled volume. Rejects with `name-foreign` where it is not ours. */
export async function removeVolume(client: Docker, name: string, workspaceId: string): Promise<void> {
  const volume = await orNull(ask((abortSignal) => client.getVolume(name).inspect({ abortSignal })));
  if (!volume) return;
  if (volume.Labels?.[labels.workspace] !== workspaceId) throw new LabdockError('name-foreign', { name });
  await orNull(ask((abortSignal) => client.getVolume(name).remove({ abortSignal })));
}

/** null for 404: it is not there (any more). */
export async function orNull<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (statusCode(error) === 404) return null;
    throw error;
  }
}
