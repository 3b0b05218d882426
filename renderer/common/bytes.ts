/** Sizes and counts as people read them. Pure. */

const units = ['kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** `640 B`, `1.2 GB`: powers of ten, as file managers and disks count; one decimal below ten. */
export function formatBytes(bytes: number, language: string): string {
  let value = Math.max(0, bytes);
  if (value < 1000) return `${value} B`;
  let at = -1;
  // What would round up to a thousand belongs to the next unit.
  while (value >= 999.5 && at < units.length - 1) {
    value /= 1000;
    at += 1;
  }
  const maximumFractionDigits = value < 9.95 ? 1 : 0;
  return new Intl.NumberFormat(language, { style: 'unit', unit: units[at], maximumFractionDigits }).format(value);
}

export const formatCount = (count: number, language: string) => new Intl.NumberFormat(language).format(count);
