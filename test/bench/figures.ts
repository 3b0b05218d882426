/** Turns measured pairs into the bench's figures. Ratios only: absolute times say more about the machine than about Labdock. */

export interface Figure {
  name: string;
  /** Median over the pairs of (ours / bare); for shares the median value itself. */
  ratio: number;
  goal: number;
  holds: boolean;
  /** What was seen: medians of both sides, number of pairs, spread. For people; not compared. */
  seen: string;
}

/** A line of latest.json. */
export type Row = Omit<Figure, 'seen'>;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) throw new Error('no values measured');
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * Measures both sides next to each other, in turned order from pair to pair, so that whatever else the machine does hits
 * both alike. One more round comes first and does not count: it fills caches and profiles. `ours` may give several values.
 */
export async function alternate(
  pairs: number,
  ours: () => Promise<number[]>,
  bare: () => Promise<number>,
): Promise<{ ours: number[][]; bare: number[] }> {
  const seen: { ours: number[][]; bare: number[] } = { ours: [], bare: [] };
  for (let round = 0; round <= pairs; round += 1) {
    const turned = round % 2 === 1;
    const early = turned ? await bare() : undefined;
    const values = await ours();
    const other = early ?? (await bare());
    if (round === 0) continue;
    values.forEach((value, column) => (seen.ours[column] ??= []).push(value));
    seen.bare.push(other);
  }
  return seen;
}

/** `ours[i]` and `bare[i]` were measured next to each other, so the machine's drift cancels in each pair's ratio. */
export function ratioFigure(
  name: string,
  goal: number,
  ours: readonly number[],
  bare: readonly number[],
  unit: string,
): Figure {
  if (ours.length !== bare.length) throw new Error(`${name}: ${ours.length} of ours against ${bare.length} bare`);
  const ratios = ours.map((value, i) => value / bare[i]!);
  const ratio = median(ratios);
  const seen =
    `ours ${round(median(ours))} ${unit}, bare ${round(median(bare))} ${unit}, ` +
    `${ratios.length} pairs, ratios ${round(Math.min(...ratios))} to ${round(Math.max(...ratios))}`;
  return { name, ratio: round(ratio), goal, holds: ratio <= goal, seen };
}

export function shareFigure(name: string, goal: number, values: readonly number[], unit: string): Figure {
  const value = median(values);
  return { name, ratio: round(value), goal, holds: value <= goal, seen: `${values.map(round).join(', ')} ${unit}` };
}

/** What was measured now takes the place of what it measured before; the rest stays. */
export function merged(before: readonly Row[], now: readonly Figure[]): Row[] {
  const rows = now.map(({ name, ratio, goal, holds }) => ({ name, ratio, goal, holds }));
  const known = before.map((row) => rows.find(({ name }) => name === row.name) ?? row);
  return [...known, ...rows.filter((row) => !known.includes(row))];
}

export function table(figures: readonly Figure[]): string {
  const rows = figures.map((f) => [f.holds ? 'holds' : 'MISSED', f.ratio.toFixed(3), `<= ${f.goal}`, f.name, f.seen]);
  const head = ['', 'ratio', 'goal', 'what', 'seen'];
  const widths = head.map((h, i) => Math.max(h.length, ...rows.map((r) => r[i]!.length)));
  const line = (cells: string[]) =>
    cells
      .map((c, i) => (i === cells.length - 1 ? c : c.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  return [line(head), ...rows.map(line)].join('\n');
}

function round(value: number): number {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
