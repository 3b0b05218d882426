/** Every procedure and event between the window and main, each with its schema. The only thing of main the renderer knows. */
import type { Input, Outcome, Output, ProcedureName } from '../../workspace/procedures';
import type { LogEntry } from '../../workspace/logs';
import type { AppState } from '../../workspace/state';

export type { Problem, Reason } from '../../common/problem';
export * from '../../common/handInstalled';
export * from '../../common/layout';
export * from '../../workspace/procedures';
export * from '../../workspace/logs';
export * from '../../workspace/state';
export * from '../../workspace/model';
export * from '../../image/model';
export * from '../../jupyter/model';
export * from '../../runtime/kubernetes/model';

/** Events main pushes. `state` is a whole snapshot (small, coalesced); logs come in batches. */
export interface Events {
  state: AppState;
  log: { id: string; lines: LogEntry[]; dropped: number };
}
export type EventName = keyof Events;

/** What preload puts on `window.labdock`. */
export interface Bridge {
  call<P extends ProcedureName>(
    name: P,
    ...input: undefined extends Input<P> ? [] : [Input<P>]
  ): Promise<Outcome<Output<P>>>;
  on<E extends EventName>(name: E, listener: (payload: Events[E]) => void): () => void;
}
