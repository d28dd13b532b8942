import type { EventStore } from '@app/event-store';
import {
  type ConsumerHome,
  type ConsumerState,
  type LogCheck,
  listParked,
  listRebuilds,
  type MessageLog,
  type MessagingLogger,
  type ParkedStream,
  Rebuild,
  type ReadModelCheck,
  releaseParked,
  requestRebuild,
  type RebuildState,
  retryParked,
  unfinishedRebuilds,
  Check,
  checkLog,
} from '@app/messaging';
import type { RestartableConsumer } from './restartable-consumer.js';

/** A consumer as an operator sees it. */
export interface ConsumerView {
  name: string;
  topics: readonly string[];
  state: ConsumerState;
  /** What made the state `failed`. */
  failure: string | null;
  /** Null when it cannot be asked (brokers away). */
  lag: { events: number; parkedStreams: number } | null;
  /** Tables that a rebuild makes anew; null = nothing to rebuild. */
  tables: readonly string[] | null;
  notRebuildable: { vi: string; en: string } | null;
  rebuild: RebuildState | null;
}

/** What a check found, or how far it is. Moments are RFC 3339. */
export interface CheckView {
  service: string;
  state: 'running' | 'done' | 'failed';
  startedAt: string;
  endedAt: string | null;
  /** The consumer being looked at now. */
  looksAt: string | null;
  log: LogCheck | null;
  readModels: (ReadModelCheck & { consumer: string })[];
  /** Whether everything that was looked at is as it should be; null until the end. */
  intact: boolean | null;
  error: string | null;
}

export interface OperatedService {
  name: string;
  home: ConsumerHome;
  /** The service's own log; null = it has none. */
  store: EventStore | null;
  consumers: readonly RestartableConsumer[];
  messageLog: MessageLog;
  now: () => Date;
  logger: MessagingLogger;
  /** Lets one piece of heavy work of this process run at a time. */
  inTurn: <T>(work: () => Promise<T>) => Promise<T>;
}

interface Running {
  stop(): void;
  ended: Promise<void>;
}

/** What operators do to one service: look, rebuild, retry what is parked, verify. */
export class ServiceOperations {
  private readonly rebuilding = new Map<string, Running>();
  private lastOne: CheckView | null = null;
  private checking: Running | null = null;

  constructor(private readonly service: OperatedService) {}

  async consumers(): Promise<ConsumerView[]> {
    const rebuilds = new Map((await this.rebuilds()).map((one) => [one.consumer, one]));
    return Promise.all(
      this.service.consumers.map(async (running) => {
        const { rebuild } = running.consumer;
        return {
          name: running.name,
          topics: running.consumer.topics,
          state: running.state,
          failure: running.failure?.message ?? null,
          lag: await running.lag().catch((error: Error) => {
            this.service.logger.info('the lag is not known', { consumer: running.name, error: error.message });
            return null;
          }),
          tables: rebuild && 'tables' in rebuild ? rebuild.tables : null,
          notRebuildable: rebuild && 'reason' in rebuild ? rebuild.reason : null,
          rebuild: rebuilds.get(running.name) ?? null,
        };
      }),
    );
  }

  async rebuilds(): Promise<RebuildState[]> {
    if (this.service.consumers.length === 0) return [];
    const names = this.names;
    return (await listRebuilds(this.service.home.pool, this.service.home.schema)).filter(({ consumer }) =>
      names.has(consumer),
    );
  }

  /** Whether a consumer of this name runs here. */
  has(consumer: string): boolean {
    return this.names.has(consumer);
  }

  /** Why a consumer cannot be rebuilt; null when it can. */
  notRebuildable(consumer: string): { vi: string; en: string } | null {
    const declared = this.find(consumer)?.consumer.rebuild;
    if (declared && 'tables' in declared) return null;
    return declared?.reason ?? { vi: 'Không có bảng nào để dựng lại.', en: 'There are no tables to rebuild.' };
  }

  /**
   * Ask for a rebuild and begin it, after those that were asked for before. One that was cut short goes on.
   * @param anew forget what a rebuild that was cut short has done
   */
  async rebuild(consumer: string, requestedBy: string, anew = false): Promise<RebuildState> {
    const { pool, schema } = this.service.home;
    const isRunning = this.rebuilding.has(consumer);
    const state = await requestRebuild(pool, schema, consumer, requestedBy, anew && !isRunning);
    if (!isRunning) this.begin(consumer);
    return state;
  }

  /** Take up what another life of this process began. */
  async resume(): Promise<void> {
    if (this.service.consumers.length === 0) return;
    const { pool, schema } = this.service.home;
    for (const consumer of await unfinishedRebuilds(pool, schema)) {
      if (this.has(consumer) && !this.notRebuildable(consumer)) this.begin(consumer);
    }
  }

  async parked(consumer?: string): Promise<ParkedStream[]> {
    if (this.service.consumers.length === 0) return [];
    const names = this.names;
    const all = await listParked(this.service.home.pool, this.service.home.schema, consumer);
    // A rebuild under way parks under a name of its own.
    return all.filter((one) => names.has(one.consumer));
  }

  /** @returns how many parked streams will be tried again */
  async retry(consumer?: string, stream?: string): Promise<number> {
    if (this.service.consumers.length === 0) return 0;
    const { pool, schema } = this.service.home;
    if (consumer !== undefined && stream !== undefined) {
      return (await retryParked(pool, schema, consumer, stream)) ? 1 : 0;
    }
    return releaseParked(pool, schema, consumer);
  }

  /** Begin a check unless one is under way. */
  check(): CheckView {
    if (this.checking && this.lastOne) return this.lastOne;
    const view: CheckView = {
      service: this.service.name,
      state: 'running',
      startedAt: this.service.now().toISOString(),
      endedAt: null,
      looksAt: null,
      log: null,
      readModels: [],
      intact: null,
      error: null,
    };
    this.lastOne = view;
    let current: Check | null = null;
    let isStopped = false;
    this.checking = {
      stop: () => {
        isStopped = true;
        current?.stop();
      },
      ended: this.service
        .inTurn(async () => {
          const { store, consumers, home, messageLog, logger } = this.service;
          if (store) view.log = await checkLog(store);
          for (const { consumer } of consumers) {
            if (isStopped || !consumer.rebuild || !('tables' in consumer.rebuild)) continue;
            view.looksAt = consumer.name;
            await requestRebuild(home.pool, home.schema, `${consumer.name}~check`, 'check', true);
            current = new Check(consumer, home, messageLog, { logger });
            view.readModels.push({ consumer: consumer.name, ...(await current.run()) });
          }
          view.intact = (view.log?.faults.length ?? 0) === 0 && view.readModels.every(({ equal }) => equal);
          view.state = 'done';
        })
        .catch((error: Error) => {
          view.state = 'failed';
          view.error = error.message;
          this.service.logger.warn('the check failed', { service: this.service.name, error: error.message });
        })
        .finally(() => {
          view.looksAt = null;
          view.endedAt = this.service.now().toISOString();
          this.checking = null;
        }),
    };
    return view;
  }

  /** The check under way, or the last one since the start; null = none. */
  get lastCheck(): CheckView | null {
    return this.lastOne;
  }

  /** Rebuilds end at their next page and go on at the next start. */
  async stop(): Promise<void> {
    const running = [...this.rebuilding.values(), ...(this.checking ? [this.checking] : [])];
    for (const one of running) one.stop();
    await Promise.all(running.map(({ ended }) => ended));
  }

  private get names(): Set<string> {
    return new Set(this.service.consumers.map(({ name }) => name));
  }

  private find(consumer: string): RestartableConsumer | undefined {
    return this.service.consumers.find(({ name }) => name === consumer);
  }

  private begin(name: string): void {
    const running = this.find(name);
    if (!running || this.rebuilding.has(name)) return;
    const { home, messageLog, logger } = this.service;
    const rebuild = new Rebuild(running.consumer, home, messageLog, { logger });
    let isStopped = false;
    const ended = this.service
      .inTurn(async () => {
        if (isStopped) return;
        logger.info('rebuild begins', { consumer: name });
        const { events, seconds, parkedStreams } = await rebuild.run();
        logger.info('rebuild is done', { consumer: name, events, seconds, parkedStreams });
        await running.restart();
      })
      .catch((error: Error & { code?: string }) => {
        if (error.code === 'RebuildStopped') return;
        logger.error('rebuild failed', { consumer: name, error: error.message });
      })
      .finally(() => this.rebuilding.delete(name));
    this.rebuilding.set(name, {
      stop: () => {
        isStopped = true;
        rebuild.stop();
      },
      ended,
    });
  }
}
