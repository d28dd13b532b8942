import { type Clock, inTransaction, systemClock } from '@app/event-store';
import { createHttpApplication } from '@app/http';
import type { Consumer, DeliveredEvent, MessageLog } from '@app/messaging';
import { TOPIC_NAMES } from '@app/contracts';
import { PermissionGuard, projectUnits, TokenVerifier } from '@app/security';
import type { ServiceContext } from '@app/service';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { DeadlinesConfig } from '../config.js';
import { DeadlinesModule } from '../deadlines.module.js';
import { LawBook } from '../law/law-book.js';
import { SCHEMA } from '../migrations/deadlines-migrations.js';
import { DeadlineTimers } from '../timers/deadline-timers.js';
import { deadlinesHarness, type Harness, POLICE, PROCURACY, PROVINCE, unitRegistered } from './harness.js';

export const OTHER_POLICE = 'PC-80-25480';

/** Signing and keys are the security library's own tests; here a token is its claims. */
@Global()
@Module({})
class OpenSecurity {
  static forTest(): DynamicModule {
    const verify = async (token: string): Promise<unknown> => JSON.parse(Buffer.from(token, 'base64url').toString());
    return {
      module: OpenSecurity,
      providers: [
        { provide: TokenVerifier, useValue: { verify } },
        { provide: APP_GUARD, useClass: PermissionGuard },
      ],
      exports: [TokenVerifier],
    };
  }
}

@Module({})
class Root {}

/** A token of somebody with these roles in these units. */
export function tokenOf(id: string, roles: string[], units: string[]): string {
  return Buffer.from(JSON.stringify({ id, name: id, roles, units })).toString('base64url');
}

/** The service over HTTP with some units, without carrier. */
export interface RunningDeadlines extends Harness {
  app: NestFastifyApplication;
  context: ServiceContext;
  /** Fires what is due by the database's clock moved to `at`, and gives the service's own events to a consumer. */
  pass(at: Date, consumer: Consumer): Promise<void>;
  stop(): Promise<void>;
}

export async function runningDeadlines(
  config: Partial<DeadlinesConfig> = {},
  options: {
    clock?: Clock;
    law?: LawBook;
    /** False: the service's own timers fire nothing, only `pass` does; for drills at another time than now. */
    fires?: boolean;
  } = {},
): Promise<RunningDeadlines> {
  const { clock = systemClock, law = new LawBook(), fires = true } = options;
  const harness = await deadlinesHarness({ law });
  const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const context: ServiceContext = {
    name: 'deadlines',
    schema: SCHEMA,
    pool: harness.pool,
    store: harness.store,
    clock,
    messageLog: {} as MessageLog,
    settings: {
      publicUrl: 'https://tinbao.example',
      dataDir: '',
      evaluation: true,
      issuers: [],
      masterKey: Buffer.alloc(32, 7),
    },
    settled: async () => fires,
  };
  const root: DynamicModule = {
    module: Root,
    imports: [
      OpenSecurity.forTest(),
      DeadlinesModule.forContext(
        context,
        {
          smtpUrl: null,
          mailFrom: 'tinbao@example.vn',
          webhookHosts: null,
          ...config,
        },
        law,
      ),
    ],
  };
  const app = await createHttpApplication(root, { logger: quiet });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  const units: [string, string | null][] = [
    ['PC', null],
    [PROVINCE, 'PC'],
    [POLICE, PROVINCE],
    [OTHER_POLICE, PROVINCE],
    [PROCURACY, null],
  ];
  await inTransaction(harness.pool, (tx) =>
    projectUnits(
      SCHEMA,
      units.map(([code, parent]) => unitRegistered(code, parent)),
      tx,
    ),
  );
  return {
    ...harness,
    app,
    context,
    async pass(at, consumer) {
      const nowSql = `'${at.toISOString()}'::timestamptz`;
      await new DeadlineTimers(harness.pool, harness.store, { nowSql }).drain();
      const { rows } = await harness.pool.query(
        `SELECT id, stream, version, type, event_version AS "eventVersion", data, xid::text, gp::text,
           meta || jsonb_build_object('recordedAt', '${at.toISOString()}') AS meta
         FROM deadlines.events ORDER BY xid, gp`,
      );
      const events = rows.map(
        ({ xid, gp, ...event }) =>
          ({ ...event, position: { xid, gp }, topic: TOPIC_NAMES.obligations }) as DeliveredEvent,
      );
      await inTransaction(harness.pool, (tx) => consumer.handle(events, tx));
    },
    async stop() {
      await app.close();
      await harness.drop();
    },
  };
}
