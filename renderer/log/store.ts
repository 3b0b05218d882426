/** Opens a workspace's log once however many views show it, and closes it with the last of them. */
import { useCallback, useSyncExternalStore } from 'react';
import type { LogEntry } from '../../main/app/bridge/contract';
import { call, on } from '../bridge';
import { append, emptyLog, type LogBuffer } from './buffer';

interface Open {
  buffer: LogBuffer;
  listeners: Set<() => void>;
  close: () => void;
}
const open = new Map<string, Open>();

function start(id: string): Open {
  const entry: Open = { buffer: emptyLog, listeners: new Set(), close: () => undefined };
  // Until the tail has come, what is pushed waits: it is newer than the tail.
  let early: { lines: LogEntry[]; dropped: number }[] | undefined = [];
  let frame = 0;
  const notify = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      for (const listener of entry.listeners) listener();
    });
  };
  const off = on('log', (batch) => {
    if (batch.id !== id) return;
    if (early) early.push(batch);
    else {
      entry.buffer = append(entry.buffer, batch.lines, batch.dropped);
      notify();
    }
  });
  void call('logs.open', { id }).then((answer) => {
    if (answer.ok) entry.buffer = append(emptyLog, answer.value.lines, answer.value.dropped);
    for (const batch of early ?? []) entry.buffer = append(entry.buffer, batch.lines, batch.dropped);
    early = undefined;
    notify();
  });
  entry.close = () => {
    off();
    cancelAnimationFrame(frame);
    void call('logs.close', { id });
  };
  return entry;
}

export function useLog(id: string): LogBuffer {
  const subscribe = useCallback(
    (listener: () => void) => {
      let entry = open.get(id);
      if (!entry) open.set(id, (entry = start(id)));
      entry.listeners.add(listener);
      const mine = entry;
      return () => {
        mine.listeners.delete(listener);
        if (mine.listeners.size > 0) return;
        mine.close();
        if (open.get(id) === mine) open.delete(id);
      };
    },
    [id],
  );
  return useSyncExternalStore(subscribe, () => open.get(id)?.buffer ?? emptyLog);
}
