/** The one door from the window into main: checks who calls and what with, and answers with values, never with throws. */
import type { IpcMainInvokeEvent, WebContents } from 'electron';
import { toProblem } from '../../common/problem';
import { type procedureInputs, type Outcome, type Output, type ProcedureName } from '../../workspace/procedures';
import type { z } from 'zod';
import { eventChannel } from './channels';
import { boundOutcome, checkInput, isProcedureName, isTrustedSender, type Sender } from './check';
import type { EventName, Events } from './contract';
import type { Answer } from './door';

export type Handlers = {
  [P in ProcedureName]: (input: z.output<(typeof procedureInputs)[P]>) => Promise<Outcome<Output<P>>>;
};

/** `trusted` is the window's own WebContents at the time of the call. */
export function createAnswer(
  handlers: Handlers,
  trusted: () => WebContents | null,
  log: (kind: string, error: unknown) => void,
): Answer {
  return async (event, name, input) => {
    if (!isTrustedSender(senderOf(event, trusted()))) {
      log(
        'bridge-refused',
        `${String(name).slice(0, 60)} from ${event.senderFrame?.url.slice(0, 200) ?? 'a closed frame'}`,
      );
      return { ok: false, problem: { reason: 'unexpected' } };
    }
    if (!isProcedureName(name)) return { ok: false, problem: { reason: 'unexpected' } };
    try {
      const checked = checkInput(name, input);
      if (!checked.ok) return checked;
      // The schema that was just passed is the one of this very handler.
      const handle = handlers[name] as (value: unknown) => Promise<Outcome<unknown>>;
      return boundOutcome(await handle(checked.value));
    } catch (error) {
      const problem = toProblem(error);
      if (problem.reason === 'unexpected') log(`bridge ${name}`, error);
      return boundOutcome({ ok: false, problem });
    }
  };
}

function senderOf(event: IpcMainInvokeEvent, trusted: WebContents | null): Sender | null {
  const frame = event.senderFrame;
  if (!frame || !trusted || trusted.isDestroyed()) return null;
  return {
    url: frame.url,
    origin: frame.origin,
    isTopFrame: frame.parent === null,
    isTrustedPage: event.sender === trusted,
  };
}

export function sendEvent<E extends EventName>(to: WebContents | null, name: E, payload: Events[E]): void {
  if (to && !to.isDestroyed()) to.send(eventChannel, name, payload);
}
