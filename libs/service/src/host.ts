import { mkdirSync } from 'node:fs';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createPool, EventStore, migrate, systemClock } from '@app/event-store';
import type { Clock } from '@app/event-store';
import { createHttpApplication } from '@app/http';
import type { RunningConsumer } from '@app/messaging';
import { createLogger, HealthRegistry, Metrics, ObservabilityModule } from '@app/observability';
import type { Logger } from '@app/observability';
import { API_AUDIENCE, loadMasterKey, SecurityModule } from '@app/security';
import { mountApiDocuments } from './api-documents.js';
import { carrierLogger, startCarrier } from './carrier.js';
import type { HostConfig } from './config.js';
import { OperationsModule } from './operations/operations.module.js';
import { Operations } from './operations/operations.js';
import { RestartableConsumer } from './operations/restartable-consumer.js';
import { ServiceOperations } from './operations/service-operations.js';
import type { ServiceContext, ServiceDefinition, ServiceSettings } from './types.js';
import { mountWeb } from './web.js';

export interface HostOptions {
  /** Name of the process in logs and measurements: the service's, or `standalone`. */
  name: string;
  services: readonly ServiceDefinition[];
  config: HostConfig;
  /** PostgreSQL to use; every service has its own schema in it. */
  databaseUrl: string;
  /** Folder of the built web application; absent = this process serves no pages. */
  webRoot?: string;
  clock?: Clock;
}

/** A running process of the system. */
export interface RunningHost {
  url: string;
  app: NestFastifyApplication;
  contexts: ReadonlyMap<string, ServiceContext>;
  /** Waits until every consumer of this process has handled what was appended before; false when time ran out. */
  settled(timeoutMs: number): Promise<boolean>;
  stop(): Promise<void>;
}

const CONNECTIONS_PER_SERVICE = 8;
/** How long an answer waits at most for its own service's read models to include what came before it. */
const SETTLE_MS = 250;
const MAX_UPLOAD_BYTES = 512 * 1024 * 1024;
const MAX_UPLOAD_FILES = 8;

/**
 * Starts services in one process: connections, migrations, logs, carrier, HTTP, consumers. The same code runs all of
 * them on the log in PostgreSQL and each alone over Kafka.
 */
export async function startHost(options: HostOptions): Promise<RunningHost> {
  const { name, services, config, databaseUrl } = options;
  const clock = options.clock ?? systemClock;
  const logger = createLogger({ service: name, level: config.logLevel });
  mkdirSync(config.dataDir, { recursive: true });
  const closing: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  try {
    const grounds = await Promise.all(
      services.map((service) => groundOf(service, databaseUrl, clock, logger, closing)),
    );
    const settings: ServiceSettings = {
      publicUrl: config.publicUrl,
      dataDir: config.dataDir,
      evaluation: config.evaluation,
      issuers: issuersOf(config),
      masterKey: await loadMasterKey(config.dataDir, config.masterKey),
    };
    const logs = grounds.flatMap(({ service, store }) => (service.hasLog ? [{ service: service.name, store }] : []));
    const messageLog = await startCarrier({ config, logs, databaseUrl, logger, closing });
    const running = new Map<string, RunningConsumer[]>();
    let isStarted = false;
    const contexts = new Map<string, ServiceContext>();
    for (const { service, pool, store } of grounds) {
      const consumers: RunningConsumer[] = [];
      running.set(service.name, consumers);
      contexts.set(service.name, {
        name: service.name,
        schema: service.schema,
        pool,
        store,
        clock,
        messageLog,
        settings,
        settled: async (timeoutMs = SETTLE_MS) => {
          const reached = await Promise.all(consumers.map((consumer) => consumer.settled(timeoutMs)));
          return isStarted && reached.every(Boolean);
        },
      });
    }
    for (const service of services) await service.prepare?.(contextOf(contexts, service));
    const health = new HealthRegistry();
    const metrics = new Metrics(name);
    const operations = new Operations();
    const app = await createHttpApplication(
      rootModule(services, contexts, settings, clock, health, metrics, operations),
      {
        logger,
        onAnswered: metrics.observeAnswer,
        trustProxy: 'loopback',
        uploads: { maxFileBytes: MAX_UPLOAD_BYTES, maxFiles: MAX_UPLOAD_FILES },
      },
    );
    closing.push(() => app.close());
    for (const service of services) await service.mount?.(app, contextOf(contexts, service));
    mountApiDocuments(app);
    if (options.webRoot !== undefined) mountWeb(app, options.webRoot);
    health.register('carrier', () => messageLog.healthy());
    const all: RunningConsumer[] = [];
    // A service without consumers is ready too, once there is none left to start.
    let isReading = false;
    health.register('readers', async () => isReading && all.every(({ state }) => state === 'running'));
    for (const { service, pool, store } of grounds) {
      if (service.hasLog) metrics.watchAppends(service.name, () => ({ ...store.appendCounts }));
      health.register(`${service.name}.database`, async () => (await pool.query('SELECT 1')).rowCount === 1);
    }
    await app.listen(config.port, config.host);
    const operated: ServiceOperations[] = [];
    for (const service of services) {
      const context = contextOf(contexts, service);
      const consumers: RestartableConsumer[] = [];
      for (const consumer of service.consumers(context, (token) => app.get(token, { strict: false }))) {
        const started = await RestartableConsumer.start(consumer, context, messageLog);
        consumers.push(started);
        running.get(service.name)?.push(started);
        metrics.watchConsumer(consumer.name, () => started.lag());
        closing.push(() => started.stop());
      }
      const one = new ServiceOperations({
        name: service.name,
        home: context,
        store: service.hasLog ? context.store : null,
        consumers,
        messageLog,
        now: () => clock.now(),
        logger: carrierLogger(logger),
        inTurn: operations.inTurn,
      });
      operations.add(service.name, one);
      operated.push(one);
    }
    closing.push(() => operations.stop());
    for (const one of operated) await one.resume();
    all.push(...[...running.values()].flat());
    isReading = true;
    isStarted = true;
    return {
      url: config.publicUrl,
      app,
      contexts,
      settled: async (timeoutMs) => (await Promise.all(all.map((one) => one.settled(timeoutMs)))).every(Boolean),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Ground {
  service: ServiceDefinition;
  pool: ServiceContext['pool'];
  store: EventStore;
}

async function groundOf(
  service: ServiceDefinition,
  databaseUrl: string,
  clock: Clock,
  logger: Logger,
  closing: (() => Promise<unknown>)[],
): Promise<Ground> {
  let isClosing = false;
  const pool = createPool(databaseUrl, {
    applicationName: `tinbao ${service.name}`,
    max: CONNECTIONS_PER_SERVICE,
    onError: (error) => {
      // A database that stops after its clients says goodbye to sockets that are still closing: no fault.
      if (!isClosing) logger.warn({ service: service.name, error: error.message }, 'database connection broke');
    },
  });
  closing.push(() => {
    isClosing = true;
    return pool.end();
  });
  for (const own of service.ownSchemas?.() ?? []) await migrate(pool, own.schema, own.migrations);
  await migrate(pool, service.schema, service.migrations());
  return { service, pool, store: new EventStore({ pool, schema: service.schema, clock }) };
}

function rootModule(
  services: readonly ServiceDefinition[],
  contexts: ReadonlyMap<string, ServiceContext>,
  settings: ServiceSettings,
  clock: Clock,
  health: HealthRegistry,
  metrics: Metrics,
  operations: Operations,
): DynamicModule {
  return {
    module: RootModule,
    imports: [
      SecurityModule.forRoot({ issuers: settings.issuers, audience: API_AUDIENCE, clock }),
      ObservabilityModule.forRoot({ health, metrics }),
      OperationsModule.forRoot(operations),
      ...services.map((service) => service.module(contextOf(contexts, service))),
    ],
  };
}

/** The services of one process. */
@Module({})
class RootModule {}

function contextOf(contexts: ReadonlyMap<string, ServiceContext>, service: ServiceDefinition): ServiceContext {
  const context = contexts.get(service.name);
  if (!context) throw new Error(`no context was made for ${service.name}`);
  return context;
}

/**
 * The embedded issuer's keys are read over the loopback interface, whatever the public address is. It alone says which of
 * its tokens have ended; no standard has a way to ask that for many.
 */
function issuersOf({ issuers, publicUrl, port }: HostConfig): ServiceSettings['issuers'] {
  const embedded = `${publicUrl}/oidc`;
  const known = issuers.length > 0 ? issuers : [{ issuer: embedded, jwksUri: `http://127.0.0.1:${port}/oidc/jwks` }];
  return known.map(({ issuer, jwksUri }) =>
    issuer === embedded && jwksUri.endsWith('/oidc/jwks')
      ? { issuer, jwksUri, endedTokensUri: new URL('/oidc/ended-tokens', jwksUri).href }
      : { issuer, jwksUri },
  );
}
