/** Python versions a person can pick, and when each one's support ends. Source: PEP 373, 569, 596, 619, 664, 693, 719, 745. */
const endOfLife: Record<string, string> = {
  '2.7': '2020-01-01',
  '3.8': '2024-10-07',
  '3.9': '2025-10-31',
  '3.10': '2026-10-31',
  '3.11': '2027-10-31',
  '3.12': '2028-10-31',
  '3.13': '2029-10-31',
  '3.14': '2030-10-31',
};

export const offeredVersions = ['3.14', '3.13', '3.12', '3.11', '3.10', '3.9', '3.8', '2.7'] as const;

const minor = (version: string) => version.split('.').slice(0, 2).join('.');

/** True when the version gets no fixes any more on that day. Unknown versions count as alive, except below 3.8. */
export function isEndOfLife(version: string, today: Date): boolean {
  const series = minor(version);
  const end = endOfLife[series];
  if (end !== undefined) return today.getTime() >= Date.parse(end);
  const known = /^(\d+)(?:\.(\d+))?$/.exec(series);
  if (!known) return false;
  return Number(known[1]) < 3 || (known[2] !== undefined && Number(known[2]) < 8);
}

/** conda-forge has Python 2.7 for amd64 only. */
export const isAmd64Only = (version: string) => minor(version) === '2.7';

/** `py313`, made free by a number where it is taken. */
export function freeKernelName(version: string, taken: readonly string[]): string {
  const base = `py${minor(version).replace('.', '')}`;
  if (!taken.includes(base)) return base;
  for (let n = 2; ; n++) if (!taken.includes(`${base}-${n}`)) return `${base}-${n}`;
}
