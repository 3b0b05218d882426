import { useEffect } from 'react';

/** `mod` is Command on macOS and Control elsewhere. */
export function shortcutOf(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>): string {
  return `${event.ctrlKey || event.metaKey ? 'mod+' : ''}${event.altKey ? 'alt+' : ''}${event.key.toLowerCase()}`;
}

/** True while a key belongs to something in front of the page: an open dialog, an open list of choices. */
const taken = (event: KeyboardEvent) =>
  document.querySelector('[role="dialog"]') !== null ||
  (event.target instanceof Element && event.target.matches('[role="combobox"][aria-expanded="true"]'));

/** Keys of a page. Silent while something lies in front of it or an input method composes. */
export function useShortcuts(shortcuts: Record<string, () => void>) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.isComposing || event.defaultPrevented || taken(event)) return;
      const run = shortcuts[shortcutOf(event)];
      if (!run) return;
      event.preventDefault();
      run();
    };
    // On the way down: what closes a list on Escape would have closed it before the page asks.
    document.addEventListener('keydown', onKey, { capture: true });
    return () => document.removeEventListener('keydown', onKey, { capture: true });
  });
}
