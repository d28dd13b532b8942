import { randomUUID } from 'node:crypto';
import { eventClass, type ObligationAlerted, STREAMS, TOPIC_NAMES } from '@app/contracts';
import { EventStore, inTransaction, migrate } from '@app/event-store';
import type { Consumer, DeliveredEvent } from '@app/messaging';
import { testDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { LawBook } from '../law/law-book.js';
import { mattersConsumer } from '../matters/matters.consumer.js';
import { deadlinesMigrations, SCHEMA } from '../migrations/deadlines-migrations.js';

export const POLICE = 'PC-80-25459';
export const PROVINCE = 'PC-80';
export const PROCURACY = 'VKS-80';

/** A database of the deadlines service and its consumer, without carrier or HTTP. */
export interface Harness extends TestDatabase {
  store: EventStore;
  consumer: Consumer;
  /** Deliver events in batches of `batchSize`, each in its own transaction as a carrier would. */
  deliver(events: readonly DeliveredEvent[], batchSize?: number): Promise<void>;
  /** Open duties straight into the tables, one per moment (RFC 3339), with their timers: for drills of many. */
  owe(moments: readonly string[]): Promise<string[]>;
  /** Every obligation row as JSON text, by identity. */
  rows(): Promise<string[]>;
  /** Every breach of the service's own log, in the log's order. */
  breaches(): Promise<{ obligationId: string; rule: string; latestArguable: string; breachedAt: string }[]>;
  /** Every alert of the service's own log, in the log's order. */
  alerts(): Promise<(ObligationAlerted & { at: string })[]>;
}

export async function deadlinesHarness(options: { max?: number; law?: LawBook } = {}): Promise<Harness> {
  const { law = new LawBook(), ...server } = options;
  const database = await testDatabase(server);
  await migrate(database.pool, SCHEMA, deadlinesMigrations());
  const store = new EventStore({ pool: database.pool, schema: SCHEMA });
  const consumer = mattersConsumer(() => undefined, law);
  return {
    ...database,
    store,
    consumer,
    async deliver(events, batchSize = 500) {
      for (let from = 0; from < events.length; from += batchSize) {
        const batch = events.slice(from, from + batchSize);
        await inTransaction(database.pool, (tx) => consumer.handle(batch, tx));
      }
    },
    async owe(moments) {
      const { rows } = await database.pool.query<{ id: string }>(
        `WITH owed AS (
           INSERT INTO deadlines.obligations (id, matter_id, matter_kind, unit_code, supervised_by, received_by, key, rule,
             owed_by, trigger_type, runs_from, safe_by, due, latest_arguable, state, generation, superseded, due_on,
             late_from, breach_at)
           SELECT gen_random_uuid(), gen_random_uuid(), 'crime-tip', '${POLICE}', '${PROCURACY}', '${POLICE}', 'drill',
             'TTLT17-8-CLASSIFY', 'receiving_body', 'CrimeTipReceived', at, at, at, at, 'open', 1, '[]', at::date,
             at::timestamptz, at::timestamptz
           FROM unnest($1::text[]) AS at
           RETURNING id, breach_at
         )
         INSERT INTO deadlines.timers (obligation_id, fires_at) SELECT id, breach_at FROM owed RETURNING obligation_id AS id`,
        [moments],
      );
      return rows.map(({ id }) => id);
    },
    async rows() {
      const { rows } = await database.pool.query<{ row: string }>(
        `SELECT row_to_json(o)::text AS row FROM deadlines.obligations o ORDER BY id`,
      );
      return rows.map(({ row }) => row);
    },
    async breaches() {
      const { rows } = await database.pool.query(
        `SELECT data FROM deadlines.events WHERE type = 'ObligationBreached' ORDER BY xid, gp`,
      );
      return rows.map(({ data }) => data);
    },
    async alerts() {
      const { rows } = await database.pool.query(
        `SELECT data, meta->>'happenedAt' AS at FROM deadlines.events WHERE type = 'ObligationAlerted' ORDER BY xid, gp`,
      );
      return rows.map(({ data, at }) => ({ ...data, at }));
    },
  };
}

let delivered = 0;

function event(topic: string, stream: string, version: number, type: string, at: string, data: object): DeliveredEvent {
  if (!eventClass(type)) throw new RangeError(`no such event: ${type}`);
  delivered += 1;
  return {
    id: randomUUID(),
    stream,
    version,
    type,
    eventVersion: 1,
    data: data as Record<string, unknown>,
    meta: {
      actor: { id: 'desk', role: 'intake_officer', unit: POLICE },
      correlationId: stream,
      causationId: null,
      happenedAt: at,
      recordedAt: at,
      source: 'ui',
    },
    position: { xid: '1', gp: String(delivered) },
    topic,
  };
}

/** A unit's entry into the register of units. */
export function unitRegistered(code: string, parentCode: string | null): DeliveredEvent {
  return event(TOPIC_NAMES.units, `${STREAMS.unit}${code}`, 1, 'UnitRegistered', '2026-01-01T00:00:00+07:00', {
    code,
    parentCode,
    kind: code.startsWith('VKS') ? 'procuracy' : 'police',
    level: 'commune',
    nameVi: code,
    nameEn: code,
    communeCode: null,
    remote: false,
    from: '2025-07-01',
    to: null,
  });
}

const decision = (dates: { from?: string; to?: string } = {}): object => ({
  number: 'QĐ-1',
  signedOn: '2026-01-01',
  signer: 'Trưởng Công an',
  ...dates,
});

/** The events of one tip in the words of the law; each call adds one event to the tip's stream. */
export class TipStory {
  readonly events: DeliveredEvent[] = [];
  readonly requestId = randomUUID();
  private version = 0;
  private answers = 0;

  constructor(readonly tipId: string = randomUUID()) {}

  private add(type: string, at: string, data: object = {}): this {
    this.version += 1;
    const stream = `${STREAMS.crimeTip}${this.tipId}`;
    this.events.push(event(TOPIC_NAMES.crimeTips, stream, this.version, type, at, { tipId: this.tipId, ...data }));
    return this;
  }

  /** An event of the procuracy's own stream. */
  private answer(type: string, at: string, data: object): this {
    this.answers += 1;
    const stream = `${STREAMS.extensionRequest}${this.requestId}`;
    this.events.push(
      event(TOPIC_NAMES.extensionRequests, stream, this.answers + 1, type, at, {
        tipId: this.tipId,
        requestId: this.requestId,
        ...data,
      }),
    );
    return this;
  }

  received(receivedAt: string, data: object = {}): this {
    return this.add('CrimeTipReceived', receivedAt, {
      registerNumber: { number: 12, year: 2026 },
      unitCode: POLICE,
      unitLevel: 'commune',
      unitRemote: false,
      supervisedBy: PROCURACY,
      kind: 'report',
      channel: 'counter',
      receivedAt,
      content: 'sealed',
      informantGiven: true,
      informantRefusedIdentity: false,
      noticesTracked: true,
      receivedBy: 'canbo',
      ...data,
    });
  }

  classified(classifiedAt: string, data: object = {}): this {
    return this.add('CrimeTipClassified', classifiedAt, {
      classifiedAt,
      competent: true,
      urgent: false,
      category: 'theft',
      ...data,
    });
  }

  transferred(transferredAt: string, toUnit = PROVINCE): this {
    return this.add('CrimeTipTransferred', transferredAt, { transferredAt, fromUnit: POLICE, toUnit });
  }

  acknowledged(acknowledgedAt: string, unitCode = PROVINCE): this {
    return this.add('CrimeTipTransferAcknowledged', acknowledgedAt, {
      acknowledgedAt,
      unitCode,
      unitLevel: 'province',
      unitRemote: false,
      supervisedBy: PROCURACY,
    });
  }

  accepted(acceptedAt: string, unitCode = PROVINCE): this {
    return this.add('CrimeTipAccepted', acceptedAt, { acceptedAt, unitCode });
  }

  assigned(assignedAt: string): this {
    return this.add('CrimeTipAssigned', assignedAt, { assignedAt, investigator: 'dieutravien', decision: decision() });
  }

  prolonged(prolongedAt: string, to?: string): this {
    return this.add('VerificationProlonged', prolongedAt, { prolongedAt, decision: decision(to ? { to } : {}) });
  }

  extensionRequested(requestedAt: string): this {
    return this.add('ExtensionRequested', requestedAt, {
      requestId: this.requestId,
      requestedAt,
      unitCode: PROVINCE,
      supervisedBy: PROCURACY,
      termEndsOn: '2026-03-05',
      registerNumber: { number: 12, year: 2026 },
    });
  }

  extensionGranted(grantedAt: string, dates: { from?: string; to?: string } = {}): this {
    return this.answer('ExtensionGranted', grantedAt, { grantedAt, ...dates, decision: decision(dates) });
  }

  extensionRefused(refusedAt: string): this {
    return this.answer('ExtensionRefused', refusedAt, { refusedAt, reason: 'Chưa đủ căn cứ' });
  }

  /** The tip's echo of the grant. */
  verificationExtended(extendedAt: string, dates: { from?: string; to?: string } = {}): this {
    return this.add('VerificationExtended', extendedAt, {
      requestId: this.requestId,
      extendedAt,
      ...dates,
      decision: decision(dates),
    });
  }

  suspended(suspendedAt: string, ground = 'a'): this {
    return this.add('VerificationSuspended', suspendedAt, {
      suspendedAt,
      ground,
      decision: decision(),
      beforeExpiry: false,
    });
  }

  resumed(resumedAt: string): this {
    return this.add('VerificationResumed', resumedAt, { resumedAt, reason: 'có kết quả', decision: decision() });
  }

  noticeSent(sentAt: string, notice: string, recipient: string): this {
    return this.add('NoticeSent', sentAt, { notice, recipient, sentAt });
  }

  initiated(initiatedAt: string): this {
    return this.add('CriminalCaseInitiated', initiatedAt, {
      caseId: randomUUID(),
      initiatedAt,
      offence: { article: 173, clause: 1 },
      class: 'IT',
      category: 'theft',
      unitCode: PROVINCE,
      supervisedBy: PROCURACY,
      juvenile: false,
      decision: decision(),
    });
  }

  declined(declinedAt: string): this {
    return this.add('InitiationDeclined', declinedAt, {
      declinedAt,
      reason: 'không có sự việc phạm tội',
      administrativeReferral: false,
      decision: decision(),
    });
  }
}

/** The events of one criminal case. */
export class CaseStory {
  readonly events: DeliveredEvent[] = [];
  private version = 0;

  constructor(readonly caseId: string = randomUUID()) {}

  private add(type: string, at: string, data: object): this {
    this.version += 1;
    const stream = `${STREAMS.criminalCase}${this.caseId}`;
    this.events.push(
      event(TOPIC_NAMES.criminalCases, stream, this.version, type, at, { caseId: this.caseId, ...data }),
    );
    return this;
  }

  opened(initiatedAt: string, data: object = {}): this {
    return this.add('CriminalCaseOpened', initiatedAt, {
      tipId: null,
      unitCode: PROVINCE,
      supervisedBy: PROCURACY,
      initiatedAt,
      category: 'theft',
      offence: { article: 173, clause: 1 },
      class: 'IT',
      accusedCount: 1,
      juvenile: false,
      shortened: false,
      ...data,
    });
  }

  numbered(number: string, year: number): this {
    return this.add('CaseNumberAssigned', `${year}-01-02T08:00:00+07:00`, { number, year });
  }

  concluded(concludedAt: string, proposesProsecution = true): this {
    return this.add('InvestigationConcluded', concludedAt, { concludedAt, proposesProsecution });
  }

  fileReceived(receivedAt: string, data: object = {}): this {
    return this.add('CaseFileReceived', receivedAt, { receivedAt, complete: true, conclusionDelivered: true, ...data });
  }

  termExtended(extendedAt: string, to?: string): this {
    return this.add('ProsecutionTermExtended', extendedAt, { extendedAt, ...(to ? { to } : {}) });
  }

  decided(decidedAt: string, outcome = 'prosecute'): this {
    return this.add('ProsecutionDecided', decidedAt, { decidedAt, decision: outcome });
  }
}
