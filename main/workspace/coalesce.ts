/** Calls `work` soon after the first request and then at most once per `ms`; without requests there is no timer. */
export function coalesce(work: () => void, ms: number): { request: () => void; cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  let last = -Infinity;
  const run = () => {
    timer = undefined;
    last = performance.now();
    work();
  };
  return {
    request: () => {
      timer ??= setTimeout(run, Math.max(0, last + ms - performance.now()));
    },
    cancel: () => {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
