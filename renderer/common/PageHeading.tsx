import { useEffect, useRef, type ReactNode } from 'react';

let launched = false;

/** A page's h1. Takes the focus when its page comes, so that keyboard and screen reader start at the top; not at launch. */
export function PageHeading({ className, children }: { className?: string; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (launched) heading.current?.focus({ preventScroll: true });
    launched = true;
  }, []);
  return (
    <h1 ref={heading} tabIndex={-1} className={className}>
      {children}
    </h1>
  );
}
