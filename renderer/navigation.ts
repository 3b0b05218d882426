/** Which of the window's own pages is shown, and the guard in front of unsaved edits. */
import { useSyncExternalStore } from 'react';

export const settingsSections = ['general', 'kernels', 'image', 'password', 'resources', 'server', 'cluster'] as const;
export type SettingsSection = (typeof settingsSections)[number];
export const preferencesSections = ['appearance', 'engine', 'build', 'about'] as const;
export type PreferencesSection = (typeof preferencesSections)[number];

export type Page =
  | { kind: 'home' }
  | { kind: 'new' }
  /** `field`: dotted path of the field to look at first. */
  | { kind: 'workspace'; id: string; section: SettingsSection; field?: string }
  | { kind: 'preferences'; section: PreferencesSection; field?: string };

interface Navigation {
  page: Page;
  /** The page being left has edits that nobody saved. */
  dirty: boolean;
  /** Where to go once the user agreed to lose them. */
  wanted?: Page;
}

let current: Navigation = { page: { kind: 'home' }, dirty: false };
const listeners = new Set<() => void>();

function set(next: Navigation) {
  current = next;
  for (const listener of listeners) listener();
}

/** Goes there, or asks first when edits would be lost. */
export function go(page: Page) {
  set(current.dirty ? { ...current, wanted: page } : { page, dirty: false });
}
export const markDirty = (dirty: boolean) => {
  if (dirty !== current.dirty) set({ ...current, dirty });
};
/** After saving: the edits are safe, nothing to ask. */
export const leave = (page: Page) => set({ page, dirty: false });
export const stay = () => set({ page: current.page, dirty: current.dirty });
export const discard = () => set({ page: current.wanted ?? current.page, dirty: false });

export function useNavigation(): Navigation {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
