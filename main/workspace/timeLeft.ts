/** How long a transfer will still take, from how fast it went lately. */

/** Seconds before the first word: earlier rates say nothing. */
const patience = 2;
/** Weight of the newest rate, per call; calls come a few times a second. */
const weight = 0.1;

/** @returns a function of bytes done and in all to whole seconds left; undefined while it cannot be known */
export function timeLeft(now: () => number = () => performance.now()) {
  let began: number | undefined;
  let last: { at: number; done: number } | undefined;
  let rate: number | undefined;
  return (done: number, total: number): number | undefined => {
    const at = now() / 1000;
    began ??= at;
    if (last && at - last.at >= 0.2) {
      const current = (done - last.done) / (at - last.at);
      rate = rate === undefined ? current : rate + weight * (current - rate);
      last = { at, done };
    }
    last ??= { at, done };
    if (at - began < patience || !rate || rate <= 0) return undefined;
    return Math.max(0, Math.ceil((total - done) / rate));
  };
}
