import { uuidv7 } from '@app/event-store';
import type { BenchContext } from '../../harness/types.js';
import { META, type EventShape, type Place } from './shape.js';

/** Another way to append, opened on a database of its own. */
export interface Peer {
  append(place: Place, events: readonly EventShape[]): Promise<void>;
  close(): Promise<void>;
}

export interface EmmettStore {
  append(stream: string, expectedVersion: number, events: object[]): Promise<void>;
  change(stream: string, event: (count: number) => object): Promise<void>;
  close(): Promise<void>;
}

export async function openEmmett(context: BenchContext, url: string): Promise<EmmettStore> {
  const { openEmmettStore } = await context.peer<{ openEmmettStore: (url: string) => Promise<EmmettStore> }>(
    'emmett-store',
  );
  return openEmmettStore(url);
}

export async function emmettPeer(context: BenchContext, url: string): Promise<Peer> {
  const store = await openEmmett(context, url);
  return {
    append: (place, events) =>
      store.append(
        place.stream,
        place.version,
        events.map(({ type, data }) => ({ type, data, metadata: { ...META } })),
      ),
    close: () => store.close(),
  };
}

export async function typeormPeer(context: BenchContext, url: string): Promise<Peer> {
  const { openTypeormEvents } = await context.peer<{
    openTypeormEvents: (url: string) => Promise<{ save(events: object[]): Promise<void>; close(): Promise<void> }>;
  }>('typeorm-save');
  const events = await openTypeormEvents(url);
  return {
    append: (place, shapes) => {
      const recordedAt = new Date();
      return events.save(
        shapes.map(({ type, data }, index) => ({
          id: uuidv7(recordedAt),
          stream: place.stream,
          version: place.version + index + 1,
          type,
          data,
          meta: META,
          recordedAt,
        })),
      );
    },
    close: () => events.close(),
  };
}
