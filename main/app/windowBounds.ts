/** Where the window was, and whether it can be put there again. Pure. */

export interface Bounds {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** CSS pixels; below this the settings page does not fit. */
export const minimumSize = { width: 720, height: 480 } as const;
export const defaultSize = { width: 1180, height: 780 } as const;

const overlap = (a: Bounds, b: Bounds) => ({
  width: Math.max(0, Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)),
  height: Math.max(0, Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)),
});

/**
 * The remembered bounds if the window's top edge is still within reach on a screen, cut to that screen; otherwise only the size, for the
 * system to place. `workAreas` are the screens without panels and docks.
 */
export function placeWindow(
  remembered: Bounds | undefined,
  workAreas: readonly Bounds[],
): { x?: number; y?: number; width: number; height: number } {
  if (!remembered) return fit(defaultSize, workAreas[0]);
  const titleBar = { ...remembered, height: 40 };
  const screen = workAreas.find((area) => {
    const seen = overlap(titleBar, area);
    return seen.width >= 120 && seen.height >= 20;
  });
  if (!screen) return fit(remembered, workAreas[0]);
  return { x: remembered.x, y: remembered.y, ...fit(remembered, screen) };
}

function fit(size: { width: number; height: number }, area: Bounds | undefined): { width: number; height: number } {
  const most = area ?? { ...defaultSize };
  return {
    width: Math.max(minimumSize.width, Math.min(size.width, most.width)),
    height: Math.max(minimumSize.height, Math.min(size.height, most.height)),
  };
}
