/** While any dialog is open, main hides the native Lab view that would lie on top of it. */
import { useEffect } from 'react';
import { call } from '../bridge';

let open = 0;

export function useCover(opened: boolean) {
  useEffect(() => {
    if (!opened) return;
    open += 1;
    if (open === 1) void call('view.cover', { covered: true });
    return () => {
      open -= 1;
      if (open === 0) void call('view.cover', { covered: false });
    };
  }, [opened]);
}
