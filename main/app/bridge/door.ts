/** The one listener. It is there before the page is; what answers is loaded meanwhile, and a call waits for it. */
import { ipcMain, type IpcMainInvokeEvent } from 'electron';
import type { Problem } from '../../common/problem';
import { callChannel } from './channels';

type Outcome = { ok: true; value: unknown } | { ok: false; problem: Problem; fields?: Record<string, Problem> };
export type Answer = (event: IpcMainInvokeEvent, name: unknown, input: unknown) => Promise<Outcome>;

export function openDoor(answer: Promise<Answer>): void {
  ipcMain.handle(callChannel, async (event, name: unknown, input: unknown) => (await answer)(event, name, input));
}
