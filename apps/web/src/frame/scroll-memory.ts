import { useEffect } from 'react';
import { useLocation, useNavigationType } from 'react-router';

/** Back returns to where the page stood; a new page begins at its top. */
const places = new Map<string, number>();
/** A list may still be loading when Back is pressed: its height is awaited this long. */
const WAIT_MS = 1_500;

export function useScrollMemory(): void {
  const { key, pathname } = useLocation();
  const kind = useNavigationType();
  useEffect(() => {
    const remember = (): void => {
      places.set(key, window.scrollY);
    };
    window.addEventListener('scroll', remember, { passive: true });
    return () => window.removeEventListener('scroll', remember);
  }, [key]);
  useEffect(() => {
    const top = kind === 'POP' ? (places.get(key) ?? 0) : 0;
    if (top === 0) {
      if (kind === 'PUSH') window.scrollTo(0, 0);
      return;
    }
    const began = performance.now();
    let frame = 0;
    const settle = (): void => {
      window.scrollTo(0, top);
      if (window.scrollY < top - 2 && performance.now() - began < WAIT_MS) frame = requestAnimationFrame(settle);
    };
    settle();
    return () => cancelAnimationFrame(frame);
    // A change of the query alone (filters, an open drawer) leaves the page where it stands.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [pathname]);
}
