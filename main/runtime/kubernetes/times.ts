/** Times and amounts as Kubernetes writes them. Pure. */

/** Objects of the client carry dates, what comes from a stream carries their text. */
export type Time = Date | string | undefined | null;

/** Milliseconds since 1970; NaN where there is none. */
export function timeMs(time: Time): number {
  if (time == null) return Number.NaN;
  return typeof time === 'string' ? Date.parse(time) : time.getTime();
}

export function isoTime(time: Time): string | undefined {
  const ms = timeMs(time);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

const factors: Record<string, number> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A resource.Quantity (`512Mi`, `1.5Gi`, `1e9`) as a number; 0 for none or nonsense. */
export function amount(quantity: string | undefined): number {
  const match = /^([+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)([A-Za-z]{0,2})$/.exec(quantity?.trim() ?? '');
  const factor = match && factors[match[2]!];
  return factor ? Number(match[1]) * factor : 0;
}
