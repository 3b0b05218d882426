/** A look at something that may be missing, or not this user's to see. */
import { toProblem } from '../../../common/problem';
import type { Connection } from '../connection';
import { isNotFound } from '../errors';

/** null: it is not there; undefined: it may not be seen. Rejects where the API server cannot be asked. */
export async function look(
  connection: Connection,
  verb: string,
  resource: string,
  path: string,
  signal?: AbortSignal,
): Promise<unknown> {
  try {
    return await connection.ask({ verb, resource }, () => connection.request({ method: 'GET', path, signal }));
  } catch (error) {
    if (isNotFound(error)) return null;
    if (toProblem(error).reason === 'cluster-forbidden') return undefined;
    throw error;
  }
}

/** Items of a list; undefined where it may not be seen. */
export async function lookAtList<T>(
  connection: Connection,
  resource: string,
  path: string,
  signal?: AbortSignal,
): Promise<T[] | undefined> {
  const found = (await look(connection, 'list', resource, path, signal)) as { items?: T[] } | null | undefined;
  return found ? (found.items ?? []) : undefined;
}
