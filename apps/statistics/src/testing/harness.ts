import { randomUUID } from 'node:crypto';
import { STREAMS, TOPIC_NAMES } from '@app/contracts';
import { inTransaction, migrate } from '@app/event-store';
import type { Consumer, DeliveredEvent } from '@app/messaging';
import { UnitTree } from '@app/security';
import type { UnitSnapshot } from '@app/security';
import { testDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { caseFactsConsumer, tipFactsConsumer } from '../matters/matters.consumers.js';
import { CASE_TABLES, TIP_TABLES } from '../rollups/rollup-tables.js';
import { groupingUnitTreeConsumer } from '../rollups/unit-tree.consumer.js';
import { SCHEMA, statisticsMigrations } from '../migrations/statistics-migrations.js';

export const NATION = 'PC';
export const PROVINCE = 'PC-80';
export const WARD = 'PC-80-25459';
export const OTHER_WARD = 'PC-80-25480';
export const ELSEWHERE = 'PC-49';
export const PROCURACY = 'VKS-80';

/** A database of the statistics service and its consumers, without carrier or HTTP. */
export interface Harness extends TestDatabase {
  /** Deliver events in batches, each in its own transaction as a carrier would. */
  deliver(events: readonly DeliveredEvent[], batchSize?: number): Promise<void>;
  tree(): Promise<UnitSnapshot>;
  /** Forget every matter, its facts and its sums. */
  clear(): Promise<void>;
}

/** A migrated database with a small unit tree: two wards of one province, another province, the procuracy. */
export async function statisticsHarness(options: { max?: number } = {}): Promise<Harness> {
  const database = await testDatabase(options);
  await migrate(database.pool, SCHEMA, statisticsMigrations());
  const consumers: Consumer[] = [tipFactsConsumer(), caseFactsConsumer(), groupingUnitTreeConsumer()];
  const units = new UnitTree(database.pool, SCHEMA);
  const harness: Harness = {
    ...database,
    async deliver(events, batchSize = 500) {
      for (let from = 0; from < events.length; from += batchSize) {
        const batch = events.slice(from, from + batchSize);
        for (const consumer of consumers) {
          const mine = batch.filter(({ topic }) => consumer.topics.includes(topic));
          if (mine.length > 0) await inTransaction(database.pool, (tx) => consumer.handle(mine, tx));
        }
      }
    },
    tree: () => units.current(),
    clear: async () => {
      const tables = [...TIP_TABLES, ...CASE_TABLES].map((table) => `${SCHEMA}.${table}`);
      await database.pool.query(`TRUNCATE ${tables.join(', ')}`);
    },
  };
  await harness.deliver([
    unit(NATION, null, 'police', 'Bộ Công an'),
    unit(PROVINCE, NATION, 'police', 'Công an tỉnh Tây Ninh'),
    unit(WARD, PROVINCE, 'police', 'Công an phường Tân Ninh'),
    unit(OTHER_WARD, PROVINCE, 'police', 'Công an phường Bình Minh'),
    unit(ELSEWHERE, NATION, 'police', 'Công an tỉnh Quảng Nam'),
    unit('VKS', null, 'procuracy', 'Viện kiểm sát nhân dân tối cao'),
    unit(PROCURACY, 'VKS', 'procuracy', 'Viện kiểm sát nhân dân tỉnh Tây Ninh'),
    unit('VKS-49', 'VKS', 'procuracy', 'Viện kiểm sát nhân dân tỉnh Quảng Nam'),
  ]);
  return harness;
}

let delivered = 0;

function deliveredEvent(
  topic: string,
  stream: string,
  version: number,
  type: string,
  at: string,
  recordedAt: string,
  data: object,
): DeliveredEvent {
  delivered += 1;
  return {
    id: randomUUID(),
    stream,
    version,
    type,
    eventVersion: 1,
    data: data as Record<string, unknown>,
    meta: {
      actor: { id: 'desk', role: 'intake_officer', unit: WARD },
      correlationId: stream,
      causationId: null,
      happenedAt: at,
      recordedAt,
      source: 'ui',
    },
    position: { xid: '1', gp: String(delivered) },
    topic,
  };
}

/** A unit as the register of units announces it. */
export function unit(code: string, parentCode: string | null, kind: string, nameVi: string): DeliveredEvent {
  return deliveredEvent(
    TOPIC_NAMES.units,
    `${STREAMS.unit}${code}`,
    1,
    'UnitRegistered',
    '2018-01-01T00:00:00+07:00',
    '2018-01-01T00:00:00+07:00',
    {
      code,
      parentCode,
      kind,
      level: code.split('-').length > 2 ? 'commune' : code.includes('-') ? 'province' : 'nation',
      nameVi,
      nameEn: code,
      communeCode: null,
      remote: false,
      from: '2018-01-01',
      to: null,
    },
  );
}

/** `2026-01-05` or `2026-01-05T10:30`, in the zone of the law; a day alone means eight in the morning. */
export function at(when: string): string {
  return when.length === 10 ? `${when}T08:00:00+07:00` : when.length === 16 ? `${when}:00+07:00` : when;
}

const decision = (dates: { from?: string; to?: string } = {}): object => ({
  number: 'QĐ-1',
  signedOn: '2026-01-01',
  signer: 'Trưởng Công an',
  ...dates,
});

const supervisorOf = (unitCode: string): string => `VKS-${unitCode.split('-')[1] ?? ''}`;

abstract class Story {
  readonly events: DeliveredEvent[] = [];
  private lateEntry: string | null = null;

  constructor(
    private readonly topic: string,
    private readonly stream: string,
    private readonly idField: object,
  ) {}

  /** What follows is entered at this moment, whatever its legal time. */
  recordedOn(when: string): this {
    this.lateEntry = at(when);
    return this;
  }

  protected add(type: string, when: string, data: object): this {
    const { topic, stream } = this;
    const version = this.events.length + 1;
    this.events.push(
      deliveredEvent(topic, stream, version, type, at(when), this.lateEntry ?? at(when), { ...this.idField, ...data }),
    );
    return this;
  }
}

let registered = 0;

/** The events of one tip in the words of the law; each call adds one event to the tip's stream. */
export class TipStory extends Story {
  private responsible = WARD;
  readonly registerNumber: number;

  constructor(readonly tipId: string = randomUUID()) {
    super(TOPIC_NAMES.crimeTips, `${STREAMS.crimeTip}${tipId}`, { tipId });
    registered += 1;
    this.registerNumber = registered;
  }

  received(when: string, unitCode = WARD, data: object = {}): this {
    this.responsible = unitCode;
    return this.add('CrimeTipReceived', when, {
      registerNumber: { number: this.registerNumber, year: Number(when.slice(0, 4)) },
      unitCode,
      unitLevel: unitCode.split('-').length > 2 ? 'commune' : 'province',
      unitRemote: false,
      supervisedBy: supervisorOf(unitCode),
      kind: 'report',
      channel: 'counter',
      receivedAt: at(when),
      content: 'sealed',
      informantGiven: true,
      informantRefusedIdentity: false,
      noticesTracked: true,
      receivedBy: 'canbo',
      ...data,
    });
  }

  classified(when: string, data: object = {}): this {
    return this.add('CrimeTipClassified', when, {
      classifiedAt: at(when),
      competent: true,
      urgent: false,
      category: 'theft',
      ...data,
    });
  }

  transferred(when: string, toUnit = PROVINCE): this {
    return this.add('CrimeTipTransferred', when, { transferredAt: at(when), fromUnit: this.responsible, toUnit });
  }

  acknowledged(when: string, unitCode = PROVINCE): this {
    this.responsible = unitCode;
    return this.add('CrimeTipTransferAcknowledged', when, {
      acknowledgedAt: at(when),
      unitCode,
      unitLevel: 'province',
      unitRemote: false,
      supervisedBy: supervisorOf(unitCode),
    });
  }

  accepted(when: string): this {
    return this.add('CrimeTipAccepted', when, { acceptedAt: at(when), unitCode: this.responsible });
  }

  assigned(when: string): this {
    return this.add('CrimeTipAssigned', when, { assignedAt: at(when), investigator: 'dtv-01', decision: decision() });
  }

  prolonged(when: string, to?: string): this {
    return this.add('VerificationProlonged', when, { prolongedAt: at(when), decision: decision(to ? { to } : {}) });
  }

  extended(when: string, dates: { from?: string; to?: string } = {}): this {
    return this.add('VerificationExtended', when, {
      requestId: randomUUID(),
      extendedAt: at(when),
      ...dates,
      decision: decision(dates),
    });
  }

  suspended(when: string, ground = 'a'): this {
    return this.add('VerificationSuspended', when, {
      suspendedAt: at(when),
      ground,
      decision: decision(),
      beforeExpiry: false,
    });
  }

  resumed(when: string): this {
    return this.add('VerificationResumed', when, { resumedAt: at(when), decision: decision() });
  }

  initiated(when: string): this {
    return this.add('CriminalCaseInitiated', when, {
      caseId: randomUUID(),
      initiatedAt: at(when),
      offence: { article: 173, clause: 1 },
      class: 'IT',
      category: 'theft',
      unitCode: this.responsible,
      supervisedBy: supervisorOf(this.responsible),
      juvenile: false,
      decision: decision(),
    });
  }

  declined(when: string, administrativeReferral = false): this {
    return this.add('InitiationDeclined', when, { declinedAt: at(when), administrativeReferral, decision: decision() });
  }

  merged(when: string): this {
    return this.add('CrimeTipMerged', when, { mergedAt: at(when), intoTipId: randomUUID() });
  }
}

/** A tip received, classified and accepted by one unit on one day. */
export function acceptedTip(when: string, unitCode = WARD): TipStory {
  const day = when.slice(0, 10);
  return new TipStory().received(`${day}T07:00`, unitCode).classified(`${day}T07:30`).accepted(when);
}

/** The events of one criminal case. */
export class CaseStory extends Story {
  constructor(readonly caseId: string = randomUUID()) {
    super(TOPIC_NAMES.criminalCases, `${STREAMS.criminalCase}${caseId}`, { caseId });
  }

  opened(when: string, data: object = {}): this {
    return this.add('CriminalCaseOpened', when, {
      tipId: null,
      unitCode: PROVINCE,
      supervisedBy: PROCURACY,
      initiatedAt: at(when),
      category: 'theft',
      offence: { article: 173, clause: 1 },
      class: 'IT',
      accusedCount: 1,
      juvenile: false,
      shortened: false,
      ...data,
    });
  }

  concluded(when: string, proposesProsecution = true): this {
    return this.add('InvestigationConcluded', when, { concludedAt: at(when), proposesProsecution });
  }

  fileReceived(when: string, complete = true): this {
    return this.add('CaseFileReceived', when, { receivedAt: at(when), complete, conclusionDelivered: true });
  }

  termExtended(when: string, to?: string): this {
    return this.add('ProsecutionTermExtended', when, { extendedAt: at(when), ...(to ? { to } : {}) });
  }

  decided(when: string, outcome = 'prosecute'): this {
    return this.add('ProsecutionDecided', when, { decidedAt: at(when), decision: outcome });
  }
}
