/** The window's only door to the main process. */
import type { Bridge, Input, Outcome, Output, ProcedureName } from '../main/app/bridge/contract';

declare global {
  interface Window {
    readonly labdock: Bridge;
  }
}

/** Calls a procedure of main. Never rejects: a broken bridge becomes the problem `unexpected`. */
export async function call<P extends ProcedureName>(
  name: P,
  ...input: undefined extends Input<P> ? [] : [Input<P>]
): Promise<Outcome<Output<P>>> {
  try {
    return await window.labdock.call(name, ...input);
  } catch (error) {
    return { ok: false, problem: { reason: 'unexpected', detail: String(error) } };
  }
}

export const on: Bridge['on'] = (name, listener) => window.labdock.on(name, listener);
