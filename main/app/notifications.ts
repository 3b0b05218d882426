/** Desktop notifications: few, short, and never the only place where something is said. */
import { Notification } from 'electron';

// Without a reference the notification is collected, and its click goes nowhere.
const shown = new Set<Notification>();

export function notify(words: { title: string; body: string }, onClick?: () => void): void {
  if (!Notification.isSupported()) return;
  const notification = new Notification({ ...words, silent: true });
  shown.add(notification);
  if (onClick) notification.on('click', onClick);
  for (const end of ['click', 'close', 'failed'] as const)
    notification.on(end as 'close', () => shown.delete(notification));
  notification.show();
}
