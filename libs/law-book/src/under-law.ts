import type { LawHistory } from '@app/legal-time-limits';
import type { BulkHandler } from '@app/messaging';
import type { PublishedLaw } from './published-law.js';

/** What is made of a history, made once for each: the projection of a read model calculates by the law that it was made with. */
export function perHistory<T>(make: (history: LawHistory) => T): (history: LawHistory) => T {
  let last: { history: LawHistory; made: T } | undefined;
  return (history) => {
    if (last?.history !== history) last = { history, made: make(history) };
    return last.made;
  };
}

/**
 * A bulk load under the law as published when it begins. A publication that comes meanwhile changes the basis of the
 * rebuild, which then begins anew.
 */
export function bulkUnderLaw(law: PublishedLaw, make: (history: LawHistory) => BulkHandler): BulkHandler {
  let load: BulkHandler | undefined;
  return {
    get held() {
      return load?.held ?? 0;
    },
    async add(batch, db) {
      load ??= make(await law.historyIn(db));
      await load.add(batch, db);
    },
    async write(transaction) {
      await load?.write(transaction);
    },
    async complete(transaction) {
      await load?.complete?.(transaction);
    },
  };
}
