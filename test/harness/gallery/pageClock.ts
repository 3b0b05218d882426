/**
 * Test equipment: the clock of a page. It shows `start` when the page begins, runs on by itself, and can be sent ahead:
 * what falls due on the way is then called in its order. Playwright's own clock belongs to a whole context, and all windows
 * of an Electron share theirs: every use of it would be played again in every later window. Runs in the page as an init
 * script, so it may use nothing from outside its own body.
 */
export interface PageClock {
  ahead(milliseconds: number): Promise<void>;
}

export function installPageClock(start: number): void {
  interface Timer {
    due: number;
    every?: number;
    call: () => void;
    handle?: number;
  }
  const real = { Date, set: window.setTimeout.bind(window), clear: window.clearTimeout.bind(window) };
  let lead = start - real.Date.now();
  const now = () => real.Date.now() + lead;

  const timers = new Map<number, Timer>();
  let last = 0;
  const arm = (id: number, timer: Timer) => {
    real.clear(timer.handle);
    timer.handle = real.set(() => fire(id, timer), Math.max(0, timer.due - now()));
  };
  const fire = (id: number, timer: Timer) => {
    if (timer.every === undefined) timers.delete(id);
    else {
      timer.due += timer.every;
      arm(id, timer);
    }
    timer.call();
  };
  const add = (call: () => void, delay = 0, repeats = false) => {
    last += 1;
    const timer: Timer = { due: now() + delay, call, ...(repeats && { every: Math.max(1, delay) }) };
    timers.set(last, timer);
    arm(last, timer);
    return last;
  };
  const remove = (id?: number) => {
    const timer = timers.get(id ?? 0);
    real.clear(timer?.handle);
    timers.delete(id ?? 0);
  };
  type Call = (...args: unknown[]) => void;
  Object.assign(window, {
    setTimeout: (call: Call, delay?: number, ...args: unknown[]) => add(() => call(...args), delay),
    setInterval: (call: Call, delay?: number, ...args: unknown[]) => add(() => call(...args), delay, true),
    clearTimeout: remove,
    clearInterval: remove,
    Date: new Proxy(Date, {
      apply: () => new real.Date(now()).toString(),
      construct: (date, args, made) => Reflect.construct(date, args.length ? args : [now()], made) as Date,
      get: (date, key, receiver): unknown => (key === 'now' ? now : Reflect.get(date, key, receiver)),
    }),
  });

  const ahead = async (milliseconds: number) => {
    const goal = now() + milliseconds;
    for (;;) {
      const due = [...timers].filter(([, timer]) => timer.due <= goal).sort(([, a], [, b]) => a.due - b.due);
      const next = due[0];
      if (!next) break;
      lead += Math.max(0, next[1].due - now());
      real.clear(next[1].handle);
      fire(...next);
      // What was waiting for this call has its turn, as it would have had.
      await new Promise<void>((done) => real.set(done, 0));
    }
    lead += Math.max(0, goal - now());
    for (const [id, timer] of timers) arm(id, timer);
  };
  Object.assign(window, { pageClock: { ahead } satisfies PageClock });
}
