import { useEffect, useState } from 'react';
import { now } from './clock';

/** The present moment, renewed every `everyMs` while the component is shown. */
export function useNow(everyMs = 30_000): number {
  const [moment, setMoment] = useState(now);
  useEffect(() => {
    const timer = setInterval(() => setMoment(now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return moment;
}
