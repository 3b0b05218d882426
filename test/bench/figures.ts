/** Turns measured pairs into the bench's figures. Ratios only: absolute times say more about the machine than about Labdock. */

export interface Figure {
  name: string;
  /** Median over the pairs of (ours / bare); for shares (`unit: 'share'`) the value itself. */
  ratio: number;
  goal: number;
  holds: boolean;
  /** What was seen: medians of both sides, number of pairs, spread. For people; not compared. */
  seen: string;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) throw new Error('no values measured');
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
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
