/** One line of the engine's event stream, read. Pure. */
import { labels } from '../runtime';

/** What changes a server's state. Execs (health checks run one every half minute) and file copies do not. */
const telling = new Set([
  ...['create', 'start', 'restart', 'die', 'died', 'stop', 'oom', 'pause', 'unpause', 'destroy', 'remove'],
  ...['rename', 'update', 'health_status'],
]);

/** For `GET /events` of Docker. Podman 4.3 never matches a label without a value (measured), so it gets fewer filters. */
export function eventFilters(product: string): Record<string, string[]> {
  return product === 'podman'
    ? { type: ['container'] }
    : { type: ['container'], label: [labels.workspace], event: [...telling].filter((name) => name !== 'died') };
}

/**
 * The workspace an event concerns; undefined where it concerns none of ours; null for a line that cannot be read, when
 * anything may have happened. API 1.52 and later speak of `Action` and `Actor` only, older ones also of `status` and `id`,
 * and conditions are appended to the action (`health_status: healthy`).
 */
export function workspaceOfEvent(line: string): string | null | undefined {
  let event: { Type?: string; Action?: string; status?: string; Actor?: { Attributes?: Record<string, string> } };
  try {
    event = JSON.parse(line) as typeof event;
  } catch {
    return null;
  }
  if (typeof event !== 'object' || event === null) return null;
  if (event.Type !== undefined && event.Type !== 'container') return undefined;
  const action = (event.Action ?? event.status ?? '').split(':')[0]!.trim();
  if (!telling.has(action)) return undefined;
  return event.Actor?.Attributes?.[labels.workspace];
}
