import { type AnsweredRequest, Public } from '@app/http';
import { Controller, Get, Header, Inject } from '@nestjs/common';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** How far a consumer is behind; asked for at each scrape. */
export type LagReader = () => Promise<{ events: number; parkedStreams: number }>;

const DURATION_BUCKETS_SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

/** The process's measurements, in Prometheus form. */
export class Metrics {
  /** For measurements of a service's own. */
  readonly registry = new Registry();
  private readonly appendReaders = new Map<string, () => Readonly<Record<string, number>>>();
  private readonly appends: Gauge<'log' | 'figure'>;
  private readonly lagReaders = new Map<string, LagReader>();
  private readonly httpDuration: Histogram<'method' | 'route' | 'status'>;
  private readonly lag: Gauge<'consumer'>;
  private readonly parked: Gauge<'consumer'>;

  /** @param service label on every measurement, for example `intake`, `standalone` */
  constructor(service: string) {
    this.registry.setDefaultLabels({ service });
    collectDefaultMetrics({ register: this.registry });
    this.httpDuration = new Histogram({
      name: 'tinbao_http_request_duration_seconds',
      help: 'Time to answer a request, by route pattern',
      labelNames: ['method', 'route', 'status'],
      buckets: DURATION_BUCKETS_SECONDS,
      registers: [this.registry],
    });
    this.appends = new Gauge({
      name: 'tinbao_append_figures',
      help: 'What appends to an event log cost: decisions and rows, those wasted, transactions, splits, retries, refusals; and how many wait',
      labelNames: ['log', 'figure'],
      registers: [this.registry],
    });
    this.lag = new Gauge({
      name: 'tinbao_consumer_lag_events',
      help: 'Events that a consumer has not handled yet',
      labelNames: ['consumer'],
      registers: [this.registry],
    });
    this.parked = new Gauge({
      name: 'tinbao_consumer_parked_streams',
      help: 'Streams that wait for an operator because one of their events could not be handled',
      labelNames: ['consumer'],
      registers: [this.registry],
    });
  }

  /** For `createHttpApplication({ onAnswered })`. */
  readonly observeAnswer = ({ method, route, status, durationMs }: AnsweredRequest): void => {
    this.httpDuration.observe({ method, route, status: String(status) }, durationMs / 1000);
  };

  /** Report a consumer's lag from now on. */
  watchConsumer(consumer: string, read: LagReader): void {
    this.lagReaders.set(consumer, read);
  }

  /**
   * Report what appends to a log cost from now on.
   * @param read figures by name, for example `decisionsWasted`; all but `waiting` only grow while the process lives
   */
  watchAppends(log: string, read: () => Readonly<Record<string, number>>): void {
    this.appendReaders.set(log, read);
  }

  /** A gauge whose value is read at each scrape, for example the age of the oldest transaction. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      async collect() {
        this.set(await read());
      },
    });
  }

  /** Everything as Prometheus reads it. */
  async text(): Promise<string> {
    await Promise.all(
      [...this.lagReaders].map(async ([consumer, read]) => {
        // NaN is Prometheus's "not known": one consumer that cannot answer must not hide the others.
        const { events, parkedStreams } = await read().catch(() => ({ events: NaN, parkedStreams: NaN }));
        this.lag.set({ consumer }, events);
        this.parked.set({ consumer }, parkedStreams);
      }),
    );
    for (const [log, read] of this.appendReaders) {
      for (const [figure, value] of Object.entries(read())) this.appends.set({ log, figure }, value);
    }
    return this.registry.metrics();
  }
}

/** Measurements for the monitoring system; no sign-in, no personal data (routes are patterns). */
@Public()
@Controller('metrics')
export class MetricsController {
  constructor(@Inject(Metrics) private readonly metrics: Metrics) {}

  @Get()
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @Header('cache-control', 'no-store')
  read(): Promise<string> {
    return this.metrics.text();
  }
}
