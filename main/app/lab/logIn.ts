/** Logs a partition in: one authenticated call, whose HttpOnly cookie all of the page's requests then use. */
import type { Session } from 'electron';
import type { Endpoint } from '../../workspace/service';

/** `refused`: somebody answers, but not with our token; `unreachable`: nobody does, or not in time. */
export type LogIn = 'in' | 'refused' | 'unreachable';

/** Milliseconds. */
const patience = 10_000;

export async function logIn(session: Session, endpoint: Endpoint): Promise<LogIn> {
  try {
    const response = await session.fetch(`${endpoint.origin}/api/status`, {
      headers: { Authorization: `token ${endpoint.token}` },
      credentials: 'include',
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.timeout(patience),
    });
    await response.arrayBuffer();
    if (response.ok) return 'in';
    return response.status === 401 || response.status === 403 ? 'refused' : 'unreachable';
  } catch {
    return 'unreachable';
  }
}
