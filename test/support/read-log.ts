import { hasReached } from '@app/event-store';
import type { EventStore, LogPosition, StoredEvent } from '@app/event-store';

/**
 * Every event after a place, up to the log's head when called. Specs share a server: another one's open transaction
 * holds the readers' gate for a moment, so an empty page before the head is waited over, not taken for the end.
 */
export async function readToHead(
  store: EventStore,
  after: LogPosition | null = null,
  pageSize = 500,
): Promise<{ events: StoredEvent[]; next: LogPosition | null; incarnation: string }> {
  const head = await store.head();
  const events: StoredEvent[] = [];
  for (let at = after; ;) {
    const page = await store.read(at, pageSize);
    events.push(...page.events);
    at = page.next;
    if (hasReached(at, head)) return { events, next: at, incarnation: page.incarnation };
    if (page.events.length === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}
