import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { STREAMS, type UnitRegistered } from '@app/contracts';
import type { EventData } from '@app/event-store';
import { startHost, type RunningHost, type ServiceDefinition } from '@app/service';
import { intakeService } from '../../../apps/intake/src/intake.service-definition.js';
import { serveChild } from '../../harness/child.js';
import type { Certificate } from './certificate.js';
import { PROVINCE, UNITS } from './requests.js';

/** What each server of this workload is given. */
export interface ServerOrder {
  databaseUrl: string;
  folder: string;
  issuer: string;
  jwksUri: string;
  masterKey: string;
  /** For who ends TLS in its own process; ours leaves that to the proxy. */
  tls: Certificate;
}

let host: RunningHost | undefined;

const unit = (code: string, parentCode: string | null, level: UnitRegistered['level']): UnitRegistered => ({
  code,
  parentCode,
  kind: 'police',
  level,
  nameVi: code,
  nameEn: code,
  communeCode: null,
  remote: false,
  from: '2020-01-01',
  to: null,
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/**
 * The intake service as a process of its own, its log carried in PostgreSQL, with the units of one province. Consumers of
 * other services' events are left out: those services are not here and have nothing to say.
 */
const INTAKE: ServiceDefinition = {
  ...intakeService,
  consumers: (context, get) =>
    intakeService.consumers(context, get).filter(({ topics }) => topics.every((topic) => topic.startsWith('intake.'))),
};

async function start(order: ServerOrder): Promise<{ port: number }> {
  const port = await freePort();
  host = await startHost({
    name: 'intake',
    services: [INTAKE],
    databaseUrl: order.databaseUrl,
    config: {
      host: '127.0.0.1',
      port,
      publicUrl: `http://127.0.0.1:${port}`,
      dataDir: order.folder,
      databaseUrl: order.databaseUrl,
      kafkaBrokers: [],
      issuers: [{ issuer: order.issuer, jwksUri: order.jwksUri }],
      evaluation: false,
      demo: 'none',
      masterKey: order.masterKey,
      logLevel: 'warn',
    },
  });
  const { store } = host.contexts.get('intake')!;
  const units = [unit(PROVINCE, null, 'province'), ...UNITS.map((code) => unit(code, PROVINCE, 'commune'))];
  await store.append(
    units.map((data) => ({
      stream: STREAMS.unit + data.code,
      expectedVersion: 0,
      events: [{ type: 'UnitRegistered', data: { ...data } as EventData }],
      meta: {
        actor: { id: 'bench', role: 'operator', unit: PROVINCE },
        correlationId: randomUUID(),
        causationId: null,
        happenedAt: '2020-01-01T00:00:00+07:00',
        source: 'import' as const,
      },
    })),
  );
  if (!(await host.settled(20_000))) throw new Error('the units did not reach the read models');
  return { port };
}

serveChild({
  start,
  stop: async () => host?.stop(),
  methods: {
    settled: (timeoutMs: number) => host!.settled(timeoutMs),
  },
});
