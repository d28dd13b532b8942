import { CommandHandler, type Event } from '@event-driven-io/emmett';
import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql';

/** Emmett's PostgreSQL event store as its getting-started guide opens it: a connection string, all else as it comes. */
export interface EmmettEvent {
  type: string;
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
}

type Passed = Event<string, Record<string, unknown>, Record<string, unknown>>;

export async function openEmmettStore(url: string) {
  const store = getPostgreSQLEventStore(url);
  await store.schema.migrate();
  const handle = CommandHandler<number, Passed>({ evolve: (count) => count + 1, initialState: () => 0 });
  return {
    append: async (stream: string, expectedVersion: number, events: EmmettEvent[]): Promise<void> => {
      await store.appendToStream(stream, events as Passed[], { expectedStreamVersion: BigInt(expectedVersion) });
    },
    /** Load, decide, append; tried again on a conflict as the guide shows for busy streams. */
    change: async (stream: string, event: (count: number) => EmmettEvent): Promise<void> => {
      await handle(store, stream, (count) => event(count) as Passed, { retry: { onVersionConflict: 1_000 } });
    },
    close: () => store.close(),
  };
}
