import { EventStore, inTransaction, LogSignal } from '@app/event-store';
import { Delivery, KafkaRelay, PostgresLog } from '@app/messaging';
import type { PoolClient } from 'pg';
import { DeadlineTimers } from '../../apps/deadlines/src/timers/deadline-timers.js';
import { AppendWriter } from '../../libs/event-store/src/append-writer.js';
import { Inbox } from '../../libs/messaging/src/kafka/inbox.js';
import { KafkaLogConsumer } from '../../libs/messaging/src/kafka/kafka-consumer.js';
import { LogTail } from '../../libs/messaging/src/postgres-log/log-tail.js';
import type { SeededFault } from './world.js';

type AnyMethods = Record<string, (...args: unknown[]) => unknown>;

/** Put `make(original)` in the place of a method; returns what puts the original back. */
function patch(
  target: object,
  method: string,
  make: (original: (...args: unknown[]) => unknown) => unknown,
): () => void {
  const methods = target as AnyMethods;
  const original = methods[method];
  if (!original) throw new Error(`there is no method ${method} to put a fault into`);
  methods[method] = make(original) as AnyMethods[string];
  return () => {
    methods[method] = original;
  };
}

/** Replaces in the statement that reads the log; it must be there. */
function inReader(from: string, to: string): (text: string) => string {
  return (text) => {
    if (!text.includes('LEFT JOIN LATERAL')) return text;
    if (!text.includes(from)) throw new Error(`the reader does not say ${from}`);
    return text.replaceAll(from, to);
  };
}

const tuple = '(xid, gp) > ($1::xid8, $2::bigint)';
const identity = 'gp > $2::bigint';
const byIdentity = (text: string): string =>
  inReader(tuple, identity)(text).replaceAll('ORDER BY xid, gp', 'ORDER BY gp');

function checkpointFirst(): () => void {
  return patch(
    Delivery.prototype,
    'attempt',
    (original) =>
      async function (this: Delivery, ...args: unknown[]) {
        const { home, advance } = this as unknown as { home: { pool: EventStore['pool'] } } & AnyMethods;
        await inTransaction(home.pool, (tx: PoolClient) => advance?.call(this, tx, ...args) as Promise<void>);
        await original.apply(this, args);
      },
  );
}

/** The same for a reader of the log, whose class nobody but the carrier knows: from the first that it starts on. */
function patchReader(method: string, make: (original: (...args: unknown[]) => unknown) => unknown): () => void {
  const undo: (() => void)[] = [];
  undo.push(
    patch(
      PostgresLog.prototype,
      'start',
      (original) =>
        async function (this: PostgresLog, ...args: unknown[]) {
          const running = (await original.apply(this, args)) as object;
          if (undo.length === 1) undo.push(patch(Object.getPrototypeOf(running) as object, method, make));
          return running;
        },
    ),
  );
  return () => {
    for (const one of undo) one();
  };
}

/** Faults of the log, its readers and their delivery. */
export const logFaults: readonly SeededFault[] = [
  {
    name: 'a cursor over identities alone',
    rewrite: (text) => byIdentity(text).replaceAll(/ AND xid < pg_snapshot_xmin\(pg_current_snapshot\(\)\)/g, ''),
  },
  { name: 'a cursor over identities behind the gate', rewrite: byIdentity },
  {
    name: 'a cursor without the gate',
    rewrite: inReader(' AND xid < pg_snapshot_xmin(pg_current_snapshot())', ''),
  },
  {
    name: 'a cursor off by one',
    install: () =>
      patch(
        EventStore.prototype,
        'read',
        (original) =>
          async function (this: EventStore, ...args: unknown[]) {
            const page = (await original.apply(this, args)) as Awaited<ReturnType<EventStore['read']>>;
            if (page.events.length < (args[1] as number) || !page.next) return page;
            return { ...page, next: { xid: page.next.xid, gp: String(Number(page.next.gp) + 1) } };
          },
      ),
  },
  {
    name: 'a checkpoint before the effect',
    install: checkpointFirst,
  },
  {
    name: 'a checkpoint that does not ask for the epoch',
    rewrite: (text) => (text.includes('checkpoints SET position = $4') ? text.replace(/ AND epoch = \$3/, '') : text),
  },
  {
    name: 'a wake-up that does not end the sleep',
    install: () =>
      patchReader(
        'wake',
        () =>
          function (this: { woken: boolean }) {
            this.woken = true;
          },
      ),
  },
  {
    name: 'a reader that stands by for ever',
    install: () => patchReader('takeBack', () => async () => false),
  },
  {
    name: 'effects that are not on disk when the reader goes on',
    rewrite: (text) =>
      text.startsWith('BEGIN') ? text.replace('BEGIN', 'BEGIN; SET LOCAL synchronous_commit = off') : text,
  },
  {
    name: 'an append that does not ask how old its transaction is',
    install: ({ db }) => {
      db.options.youngerGuard = false;
      return () => undefined;
    },
  },
  {
    name: 'an idempotency key that is forgotten',
    install: () =>
      patch(
        EventStore.prototype,
        'change',
        (original) =>
          function (this: EventStore, ...args: unknown[]) {
            const { idempotency: _, ...options } = args[3] as { idempotency?: unknown };
            return original.call(this, args[0], args[1], args[2], options);
          },
      ),
  },
  {
    name: 'an appender that does not recognise what it sent before',
    install: () => patch(AppendWriter.prototype, 'recognise', () => async (_: unknown, results: unknown) => results),
  },
];

/** Faults of the relay and of the members that read the topics. */
export const kafkaFaults: readonly SeededFault[] = [
  { name: 'a relay whose cursor knows identities alone', rewrite: byIdentity },
  {
    name: 'a relay that takes an error for an answer',
    install: () =>
      patch(
        KafkaRelay.prototype,
        'send',
        (original) =>
          async function (this: KafkaRelay, ...args: unknown[]) {
            await (original.apply(this, args) as Promise<void>).catch(() => undefined);
          },
      ),
  },
  {
    name: 'a relay whose checkpoint goes before the brokers’ answer',
    install: () =>
      patch(
        KafkaRelay.prototype,
        'send',
        (original) =>
          async function (this: KafkaRelay, ...args: unknown[]) {
            const [batch] = args as [{ message: { value: Buffer } }[]];
            const last = JSON.parse(String(batch.at(-1)?.message.value)) as { logposition: string };
            const [xid, gp] = last.logposition.split('.');
            const relay = this as unknown as { position: object; save: () => Promise<void> };
            relay.position = { xid, gp };
            await relay.save();
            await original.apply(this, args);
          },
      ),
  },
  {
    name: 'a relay whose checkpoint waits for its time while whole batches leave',
    install: () => patch(KafkaRelay.prototype, 'saveNow', () => async () => undefined),
  },
  {
    name: 'a relay that is not woken',
    install: () => patch(KafkaRelay.prototype, 'wake', () => () => undefined),
  },
  {
    name: 'a member that begins one record too late',
    install: () =>
      patch(
        Inbox.prototype,
        'add',
        (original) =>
          function (this: Inbox, ...args: unknown[]) {
            const [key, messages] = args as [string, { offset: string }[]];
            const next = this.nextOffset(key);
            const late = messages.filter(({ offset }) => next === 0n || BigInt(offset) !== next);
            return late.length > 0 ? original.call(this, key, late) : undefined;
          },
      ),
  },
  {
    name: 'a member that takes repeats for news',
    install: () =>
      patch(
        Inbox.prototype,
        'add',
        (original) =>
          function (this: Inbox, ...args: unknown[]) {
            const { read } = this as unknown as { read: Map<string, { xid: string } | null> };
            const place = read.get(args[0] as string);
            if (place) read.set(args[0] as string, { ...place, xid: '0' });
            return original.apply(this, args);
          },
      ),
  },
  {
    name: 'a checkpoint before the effect, over Kafka',
    install: checkpointFirst,
  },
];

/** A claim that was on its way when the group gave its partitions to another: nothing can call it back. */
export const lateClaim: SeededFault = {
  name: 'a claim that nothing calls back',
  install: () =>
    patch(
      Delivery.prototype,
      'claim',
      (original) =>
        function (this: Delivery, ...args: unknown[]) {
          return original.call(this, args[0]);
        },
    ),
};

/** The same, and who is fenced off by it waits for a word of its group. */
export const lateClaimForGood: SeededFault = {
  name: 'a claim that nothing calls back, and a member that waits to be told',
  install: (world) => {
    const undoClaim = lateClaim.install?.(world);
    const undoLost = patch(
      KafkaLogConsumer.prototype,
      'lost',
      (original) =>
        function (this: KafkaLogConsumer, ...args: unknown[]) {
          (this as unknown as { fencedSince: number | null }).fencedSince ??= performance.now();
          return original.apply(this, args);
        },
    );
    return () => {
      undoLost();
      undoClaim?.();
    };
  },
};

/** Faults of the passing of time. */
export const timerFaults: readonly SeededFault[] = [
  {
    name: 'timers that read the application’s clock',
    install: () =>
      patch(
        DeadlineTimers.prototype,
        'start',
        (original) =>
          function (this: DeadlineTimers, ...args: unknown[]) {
            const { store } = this as unknown as { store: EventStore };
            Object.defineProperty(this, 'nowSql', { get: () => `'${store.clock.now().toISOString()}'::timestamptz` });
            return original.apply(this, args);
          },
      ),
  },
  {
    name: 'timers taken without their lock',
    rewrite: (text) => text.replace(' FOR UPDATE SKIP LOCKED', ''),
  },
  {
    name: 'timers fired by two instances at once',
    rewrite: (text) => text.replace("pg_try_advisory_xact_lock(hashtext('deadlines.timers'))", 'true'),
  },
  {
    name: 'a timer that leaves before its event is written',
    install: () =>
      patch(
        DeadlineTimers.prototype,
        'takeDue',
        (original) =>
          async function (this: DeadlineTimers, ...args: unknown[]) {
            const [tx] = args as [PoolClient];
            const result = await original.apply(this, args);
            await tx.query('COMMIT');
            await tx.query('BEGIN');
            return result;
          },
      ),
  },
];

/** Connect as the signal does, without the look that follows. */
function withoutALook(connect: AnyMethods[string]) {
  return async function (this: LogSignal): Promise<void> {
    const signal = this as unknown as AnyMethods;
    signal['tell'] = () => undefined;
    await connect.call(this);
    delete signal['tell'];
  };
}

/** Faults of the wake-up between processes. */
export const signalFaults: readonly SeededFault[] = [
  {
    name: 'a signal that is forgotten when it could not be sent',
    install: () =>
      patch(
        LogSignal.prototype,
        'send',
        (original) =>
          function (this: LogSignal) {
            const { client, sending, dirty } = this as unknown as {
              client: object | null;
              sending: boolean;
              dirty: Set<string>;
            };
            if (!client && !sending) dirty.clear();
            return original.call(this);
          },
      ),
  },
  {
    name: 'a signal that says what was written before its answer was lost',
    install: () =>
      patch(
        LogSignal.prototype,
        'lost',
        (original) =>
          function (this: LogSignal, ...args: unknown[]) {
            (this as unknown as { dirty: Set<string> }).dirty.clear();
            return original.apply(this, args);
          },
      ),
  },
  {
    name: 'a signal that is sent before the commit',
    install: () => {
      const undo = [
        patch(
          AppendWriter.prototype,
          'transaction',
          (original) =>
            function (this: AppendWriter, ...args: unknown[]) {
              const { options } = this as unknown as { options: { committed: (last: object) => void } };
              options.committed({ xid: '0', gp: '0' });
              return original.apply(this, args);
            },
        ),
        patch(
          EventStore.prototype,
          'committed',
          (original) =>
            function (this: EventStore, ...args: unknown[]) {
              const [last] = args as [{ xid: string } | null];
              if (last?.xid === '0') original.call(this, last);
            },
        ),
      ];
      return () => {
        for (const one of undo) one();
      };
    },
  },
  {
    name: 'a reader that looks before it listens',
    install: () =>
      patch(
        LogSignal.prototype,
        'start',
        (original) =>
          async function (this: LogSignal) {
            const signal = this as unknown as AnyMethods & { stopped: boolean };
            const connect = signal['connect'] as AnyMethods[string];
            (signal as AnyMethods)['connect'] = () => {
              delete (signal as AnyMethods)['connect'];
              setTimeout(() => {
                if (!signal.stopped) void withoutALook(connect).call(this);
              }, 100);
            };
            await original.call(this);
          },
      ),
  },
  {
    name: 'a reader that listens again and does not look',
    install: () => patch(LogSignal.prototype, 'connect', withoutALook),
  },
  {
    name: 'a wake-up that does not ask what is held back',
    install: () =>
      patch(
        LogTail.prototype,
        'mayHaveGrown',
        () =>
          function (this: LogTail) {
            (this as unknown as AnyMethods)['wake']?.call(this);
          },
      ),
  },
  {
    name: 'a fallback that never looks',
    install: () => patch(LogTail.prototype, 'schedulePoll', () => () => undefined),
  },
  {
    name: 'a connection that is replaced once more for each thing that it says',
    install: () =>
      patch(
        LogSignal.prototype,
        'lost',
        () =>
          function (this: AnyMethods & { reconnect: unknown; stopped: boolean }, client: unknown) {
            if (this['client'] === client) Object.assign(this, { client: null });
            if (this.stopped || this.reconnect) return;
            this.reconnect = setTimeout(() => {
              this.reconnect = null;
              void this['connect']?.();
            }, 500);
          },
      ),
  },
];
