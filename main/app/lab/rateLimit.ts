/** Allows `limit` calls in any window of `windowMs`; a page's script shall not open a hundred browser tabs. */
export function createRateLimit(limit: number, windowMs: number, now: () => number = Date.now): () => boolean {
  let times: number[] = [];
  return () => {
    const at = now();
    times = times.filter((time) => at - time < windowMs);
    if (times.length >= limit) return false;
    times.push(at);
    return true;
  };
}
