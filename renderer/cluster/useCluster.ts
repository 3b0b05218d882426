/** What the settings page asks of clusters: contexts of the user's kubeconfig, and what the chosen one offers. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { ClusterOffer, KubeContext, Outcome, Problem } from '../../main/app/bridge/contract';
import { call } from '../bridge';

export interface Contexts {
  /** undefined: not read yet. */
  contexts?: KubeContext[];
  problem?: Problem;
  reading: boolean;
  read: () => void;
}

export function useContexts(): Contexts {
  const [found, setFound] = useState<Pick<Contexts, 'contexts' | 'problem'>>({});
  const [reading, setReading] = useState(true);
  const ask = useCallback(
    () =>
      call('cluster.contexts').then((answer) => {
        setFound(answer.ok ? answer.value : { contexts: [], problem: answer.problem });
        setReading(false);
      }),
    [],
  );
  useEffect(() => void ask(), [ask]);
  const read = () => {
    setReading(true);
    void ask();
  };
  return { ...found, reading, read };
}

/** Milliseconds after the last keystroke in the namespace. */
const pause = 500;

/** Asked anew for every other place; what an earlier place offered is shown until then, so that nothing jumps. */
export function useOffer(context: string, namespace: string, round: number): Outcome<ClusterOffer> | undefined {
  const [offer, setOffer] = useState<{ of: string; answer: Outcome<ClusterOffer> }>();
  const latest = useRef(0);
  useEffect(() => {
    const mine = ++latest.current;
    if (context === '' || namespace.length > 63) return;
    const timer = setTimeout(() => {
      void call('cluster.offer', { context, namespace }).then((answer) => {
        if (mine === latest.current) setOffer({ of: context, answer });
      });
    }, pause);
    return () => clearTimeout(timer);
  }, [context, namespace, round]);
  return offer?.of === context ? offer.answer : undefined;
}
