import { CurrentCaller, TakesLong, Unauthenticated, Unavailable } from '@app/http';
import type { Caller } from '@app/http';
import { Permit, TokenWatch } from '@app/security';
import type { ServiceContext } from '@app/service';
import { Controller, Get, Inject, Logger, Query, Req, Res } from '@nestjs/common';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { STATISTICS_CONTEXT } from '../context.js';
import { READERS, ReportQuery } from '../indicators/indicators.controller.js';
import { ReportService } from '../indicators/report-service.js';
import { ChangeFeed } from '../matters/changes.js';
import { dashboardPicture } from './dashboard-picture.js';
import { DashboardTopics } from './dashboard-topics.js';
import type { TopicSource } from './dashboard-topics.js';
import { EventStreams, lastEventIdIn, tokenLifeMs } from './event-stream.js';
import type { EventStream } from './event-stream.js';

const MAX_CLIENTS = 10_000;

/** The token of a request that the guard has let pass. */
const bearerToken = (authorization: string | undefined): string => authorization?.split(/ +/)[1] ?? '';

/** Dashboards that move while they are looked at. */
@Controller('api/live')
export class LiveDashboardController implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger('LiveDashboard');
  private readonly streams = new EventStreams();
  private readonly topics: DashboardTopics;
  private readonly tokens: TokenWatch;
  private unsubscribe: (() => void) | undefined;

  constructor(
    @Inject(STATISTICS_CONTEXT) private readonly service: ServiceContext,
    @Inject(ReportService) private readonly reports: ReportService,
    @Inject(ChangeFeed) private readonly feed: ChangeFeed,
  ) {
    this.topics = new DashboardTopics({
      // Milliseconds with room for a thousand messages each: ids of a new process follow those of the last.
      firstId: service.clock.now().getTime() * 1_000,
      onFault: (error) => this.log.warn(`a dashboard could not be computed: ${error.message}`),
    });
    this.tokens = new TokenWatch({
      issuers: service.settings.issuers,
      onFault: (error) => this.log.warn(`the issuer does not say which sessions have ended: ${error.message}`),
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    this.unsubscribe = this.feed.subscribe(({ units }) => this.topics.changed(units));
    await this.feed.start();
  }

  onModuleDestroy(): void {
    this.unsubscribe?.();
    this.feed.stop();
    this.topics.stop();
    this.tokens.stop();
    this.streams.close();
  }

  /** Server-sent events `dashboard`: the picture at once, then after each change, at most five a second. */
  @Get('dashboard')
  @TakesLong()
  @Permit({ verb: 'indicator.read', roles: READERS, scope: 'unit' })
  async dashboard(
    @Query() query: ReportQuery,
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const token = bearerToken(request.headers.authorization);
    // Signed out, or other rights since: the token says what is no longer so.
    if (this.tokens.hasEnded(token)) throw new Unauthenticated('SessionEnded');
    if (this.streams.size >= MAX_CLIENTS) throw new Unavailable('live dashboard', 10);
    // Faults in the query are answered as such, before the stream begins.
    await this.reports.request(query, caller.units);
    const scope = [...caller.units].sort();
    const key = JSON.stringify([scope, query.unit, query.scheme, query.period, query.from, query.to, query.asOf]);
    const opened: { stream?: EventStream } = {};
    const { message, end } = await this.topics.follow(key, this.sourceOf(query, scope), (next) =>
      opened.stream?.send(next),
    );
    if (request.raw.destroyed || reply.raw.destroyed) {
      end();
      return;
    }
    reply.hijack();
    const unwatch = this.tokens.watch(token, () => opened.stream?.end('ended'));
    const stream = this.streams.open(
      reply.raw,
      {
        endsInMs: tokenLifeMs(request.headers.authorization, this.service.clock.now()),
        // Anything but the newest is answered by the newest, also an id of another topic or of a clock that was ahead.
        lastEventId: lastEventIdIn(request.headers['last-event-id']) === message.id ? message.id : null,
      },
      () => {
        unwatch();
        end();
      },
    );
    opened.stream = stream;
    stream.send(message);
  }

  private sourceOf(query: ReportQuery, scope: readonly string[]): TopicSource {
    return {
      compute: () =>
        this.reports.report(query, scope, async (tx, request, tree) => {
          const picture = await dashboardPicture(tx, tree, request);
          return {
            body: JSON.stringify(picture),
            // A picture that differs in its as-of moment only shows nothing new.
            meaning: JSON.stringify({ ...picture, asOf: null }),
            units: request.window.units,
          };
        }),
    };
  }
}
