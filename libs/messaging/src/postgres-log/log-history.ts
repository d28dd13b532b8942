import { hasReached, type EventStore, type LogPosition, type ScannedEvent } from '@app/event-store';
import { topicFinder } from '../topics.js';
import type { DeliveredEvent, HistoryPage, HistorySource, SourcePosition, TopicSource } from '../types.js';

/** Where a reader stands in a log; as stored in a checkpoint. */
interface LogPlace extends LogPosition {
  incarnation: string;
}

/** A service's log from its beginning: what of it leaves the service and belongs to the topics asked for. */
export function logHistory(
  service: string,
  store: EventStore,
  asked: ReadonlySet<string>,
  topics: readonly TopicSource[],
  isPublic: (type: string) => boolean,
): HistorySource {
  const topicOf = topicFinder(topics, service);
  const place = (position: SourcePosition | null): LogPlace | null => position as unknown as LogPlace | null;
  const isAsked = (stream: string, type: string): boolean => {
    const topic = topicOf(stream);
    return topic !== undefined && asked.has(topic) && isPublic(type);
  };
  return {
    name: `log:${service}`,
    async read(after, limit): Promise<HistoryPage> {
      const from = place(after);
      const { events, next, incarnation } = await store.read(
        from && { xid: from.xid, gp: from.gp },
        limit,
        from ? { incarnation: from.incarnation } : {},
      );
      const delivered: DeliveredEvent[] = [];
      for (const event of events) {
        const topic = topicOf(event.stream);
        if (topic === undefined || !asked.has(topic) || !isPublic(event.type)) continue;
        // Not a copy with one more field: a million of them would cost as much as reading.
        delivered.push(Object.assign(event, { topic }));
      }
      const last = delivered.at(-1);
      return {
        events: delivered,
        position: next && { ...next, incarnation },
        lastEvent: last ? { ...last.position, incarnation } : null,
        size: events.length,
      };
    },
    async scan(after, limit): Promise<HistoryPage<ScannedEvent>> {
      const from = place(after);
      const { events, next, lastEvent, incarnation, size } = await store.scan(
        from && { xid: from.xid, gp: from.gp },
        limit,
        isAsked,
        from ? { incarnation: from.incarnation } : {},
      );
      return {
        events,
        position: next && { ...next, incarnation },
        lastEvent: lastEvent && { ...lastEvent, incarnation },
        size,
      };
    },
    countAfter: (position) => store.countAfter(place(position), Number.MAX_SAFE_INTEGER),
    hasReached: (at, target) => {
      const [here, there] = [place(at), place(target)];
      // A place of another incarnation says nothing about this log.
      if (here && there && here.incarnation !== there.incarnation) return true;
      return hasReached(here, there);
    },
  };
}
