import { useCallback } from 'react';
import { useSearchParams } from 'react-router';

/** Filters, the open drawer and the sort live in the address, so that Back, a bookmark and a colleague get the same view. */
export function useQueryState(): [
  URLSearchParams,
  (changes: Record<string, string | null>, options?: { push?: boolean }) => void,
] {
  const [query, setQuery] = useSearchParams();
  const set = useCallback(
    (changes: Record<string, string | null>, { push = false }: { push?: boolean } = {}) =>
      setQuery(
        (was) => {
          const next = new URLSearchParams(was);
          for (const [name, value] of Object.entries(changes)) {
            if (value === null || value === '') next.delete(name);
            else next.set(name, value);
          }
          return next;
        },
        { replace: !push, preventScrollReset: true },
      ),
    [setQuery],
  );
  return [query, set];
}
