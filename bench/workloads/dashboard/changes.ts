import { randomUUID } from 'node:crypto';
import { asSystem } from '@app/security';
import type { DeliveredEvent } from '@app/messaging';
import type { Pool } from 'pg';
import { tipFactsConsumer } from '../../../apps/statistics/src/matters/matters.consumers.js';
import type { Random } from '../../harness/random.js';

const HOUR = 3_600_000;

/** The first events of a tip that a commune received and accepted in the hours before `to`, recorded as they happened. */
function newTip(unit: string, to: number, random: Random, number: number): DeliveredEvent[] {
  const tipId = randomUUID();
  const received = to - Math.floor((1 + random.next() * 20) * HOUR);
  const supervisedBy = `VKS-${unit.split('-')[1]!}`;
  const events: [type: string, at: number, data: object][] = [
    [
      'CrimeTipReceived',
      received,
      {
        registerNumber: { number, year: new Date(received).getUTCFullYear() },
        unitCode: unit,
        unitLevel: 'commune',
        unitRemote: false,
        supervisedBy,
        kind: 'report',
        channel: 'counter',
        receivedAt: new Date(received).toISOString(),
        content: '',
        informantGiven: false,
        informantRefusedIdentity: false,
        noticesTracked: true,
        receivedBy: 'bench',
      },
    ],
    [
      'CrimeTipClassified',
      received + HOUR / 4,
      {
        classifiedAt: new Date(received + HOUR / 4).toISOString(),
        competent: true,
        urgent: false,
        category: 'theft',
      },
    ],
    [
      'CrimeTipAccepted',
      received + HOUR / 2,
      { acceptedAt: new Date(received + HOUR / 2).toISOString(), unitCode: unit },
    ],
  ];
  return events.map(([type, at, data], index) => ({
    id: randomUUID(),
    stream: `crime-tip-${tipId}`,
    version: index + 1,
    type,
    eventVersion: 1,
    data: { tipId, ...data },
    meta: {
      actor: { id: 'bench', role: 'intake_officer', unit },
      correlationId: tipId,
      causationId: null,
      happenedAt: new Date(at).toISOString(),
      recordedAt: new Date(at).toISOString(),
      source: 'ui',
    },
    position: { xid: '1', gp: String(number) },
    topic: 'intake.crime-tips',
  }));
}

/** Changes that go on while something is measured. */
export interface SteadyChanges {
  /** Batches applied so far. */
  readonly applied: number;
  stop(): Promise<void>;
}

/** Gives the statistics' consumer a new tip, somewhere in the country, so many times a second, each in a transaction. */
export function changeSteadily(
  pool: Pool,
  options: { perSecond: number; communes: readonly string[]; to: number; random: Random },
): SteadyChanges {
  const consumer = tipFactsConsumer();
  let isStopped = false;
  let applied = 0;
  const started = performance.now();
  const run = async (): Promise<void> => {
    while (!isStopped) {
      const wait = started + (applied * 1000) / options.perSecond - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      const unit = options.random.pick(options.communes);
      await asSystem(pool, (tx) => consumer.handle(newTip(unit, options.to, options.random, applied + 1), tx));
      applied += 1;
    }
  };
  const running = run();
  return {
    get applied() {
      return applied;
    },
    stop: async () => {
      isStopped = true;
      await running;
    },
  };
}
