/** Runs sandboxed before the trusted page and gives it `window.labdock`, nothing else. Checks happen in main (serve.ts). */
import { contextBridge, ipcRenderer } from 'electron';
import type { Bridge } from './contract';
import { callChannel, eventChannel } from './channels';

const listeners = new Map<string, Set<(payload: never) => void>>();

ipcRenderer.on(eventChannel, (_event, name: string, payload) => {
  for (const listener of listeners.get(name) ?? []) listener(payload as never);
});

const bridge: Bridge = {
  call: (name, ...input) => ipcRenderer.invoke(callChannel, name, input[0]) as never,
  on: (name, listener) => {
    let of = listeners.get(name);
    if (!of) listeners.set(name, (of = new Set()));
    of.add(listener);
    return () => void of.delete(listener);
  },
};

contextBridge.exposeInMainWorld('labdock', bridge);
