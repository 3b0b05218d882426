import { useEffect, useState } from 'react';
import { clock } from './clock';

/** Time since an ISO moment, ticking once a second; silent for screen readers, which would read every tick. */
export function Elapsed({ since }: { since: string }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <span aria-hidden="true" style={{ fontVariantNumeric: 'tabular-nums' }} translate="no">
      {clock(now - Date.parse(since))}
    </span>
  );
}
