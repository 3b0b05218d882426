/** Logs a partition in: one authenticated call, whose HttpOnly cookie all of the page's requests then use. */
import { net, type Session } from 'electron';
import type { Endpoint } from '../../workspace/service';

/** `refused`: somebody answers, but not with our token; `unreachable`: nobody does, or not in time. */
export type LogIn = 'in' | 'refused' | 'unreachable';

/** Milliseconds. */
const patience = 10_000;

/** `net.request` and not `session.fetch`: that brings Node's whole fetch to the launch, for one call. */
export function logIn(session: Session, { origin, token }: Endpoint): Promise<LogIn> {
  return new Promise((resolve) => {
    const call = net.request({
      url: `${origin}/api/status`,
      session,
      credentials: 'include',
      cache: 'no-store',
      redirect: 'error',
    });
    const settle = (result: LogIn) => {
      clearTimeout(timer);
      resolve(result);
    };
    const timer = setTimeout(() => {
      settle('unreachable');
      call.abort();
    }, patience);
    call.setHeader('Authorization', `token ${token}`);
    call.on('error', () => settle('unreachable'));
    call.on('response', (response) => {
      const { statusCode } = response;
      response.on('error', () => settle('unreachable'));
      response.on('data', () => undefined);
      response.on('end', () => {
        if (statusCode >= 200 && statusCode < 300) settle('in');
        else settle(statusCode === 401 || statusCode === 403 ? 'refused' : 'unreachable');
      });
    });
    call.end();
  });
}
