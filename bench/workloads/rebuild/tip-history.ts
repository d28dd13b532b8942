import { copyRows, inTransaction } from '@app/event-store';
import type { Pool } from 'pg';
import { randomFrom, textOf, zipf } from '../../harness/random.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TIPS_AT_ONCE = 500;
const EVENTS_A_TRANSACTION = 30_000;
const UNITS = 200;
const CATEGORIES = ['drugs', 'injury', 'theft', 'gambling', 'fraud', 'economic', 'high_tech', 'social_order'];

const moment = (ms: number): string => `${new Date(ms + 7 * HOUR).toISOString().slice(0, 19)}+07:00`;

interface EventRow {
  id: string;
  stream: string;
  version: number;
  type: string;
  event_version: number;
  data: object;
  meta: object;
  recorded_at: string;
}

const EVENT_COLUMNS = [
  { name: 'id', type: 'uuid' },
  { name: 'stream', type: 'text' },
  { name: 'version', type: 'integer' },
  { name: 'type', type: 'text' },
  { name: 'event_version', type: 'integer' },
  { name: 'data', type: 'jsonb' },
  { name: 'meta', type: 'jsonb' },
  { name: 'recorded_at', type: 'timestamptz' },
];

/**
 * Fills intake's log with tips from receipt to decision, six events each over some weeks, 500 tips under way at a time,
 * units by Zipf; a sixth is still open. Straight into the table by COPY: what is measured is the way out of it.
 * @returns how many events there are
 */
export async function fillTipHistory(pool: Pool, tips: number, seed: number): Promise<number> {
  const random = randomFrom(seed);
  const unit = zipf(UNITS, random);
  const begin = Date.parse('2023-01-02T00:00:00Z');
  let events = 0;
  let waiting: EventRow[] = [];
  const write = async (): Promise<void> => {
    const rows = waiting;
    waiting = [];
    await inTransaction(pool, (tx) => copyRows<EventRow>(tx, 'intake.events', EVENT_COLUMNS, rows));
    events += rows.length;
  };
  for (let from = 0; from < tips; from += TIPS_AT_ONCE) {
    const steps: EventRow[][] = Array.from({ length: 6 }, () => []);
    for (let tip = from; tip < Math.min(tips, from + TIPS_AT_ONCE); tip += 1) {
      const tipId = `00000000-0000-7000-8000-${tip.toString(16).padStart(12, '0')}`;
      const unitCode = `PC-80-${20_000 + unit()}`;
      const category = CATEGORIES[random.below(CATEGORIES.length)];
      const received = begin + Math.floor((tip / tips) * 1_000) * DAY + random.below(20) * HOUR;
      const at = (days: number): string => moment(received + days * DAY + random.below(8) * HOUR);
      const decision = (signed: string, to?: string) => ({
        number: `${tip}/QĐ`,
        signedOn: signed.slice(0, 10),
        signer: 'Trần Văn Thủ',
        ...(to ? { to } : {}),
      });
      const receivedAt = moment(received);
      const [classifiedAt, acceptedAt, assignedAt] = [moment(received + 5 * HOUR), at(1), at(3)];
      const [prolongedAt, declinedAt] = [at(15), at(25 + random.below(30))];
      const data: [type: string, happenedAt: string, data: object][] = [
        [
          'CrimeTipReceived',
          receivedAt,
          {
            tipId,
            registerNumber: { number: tip + 1, year: new Date(received).getUTCFullYear() },
            unitCode,
            unitLevel: 'commune',
            unitRemote: false,
            supervisedBy: 'VKS-80',
            kind: 'denunciation',
            channel: 'counter',
            receivedAt,
            content: textOf(200 + random.below(400), random),
            category,
            informantGiven: true,
            informantRefusedIdentity: false,
            noticesTracked: true,
            receivedBy: 'canbo',
          },
        ],
        ['CrimeTipClassified', classifiedAt, { tipId, classifiedAt, competent: true, urgent: false, category }],
        ['CrimeTipAccepted', acceptedAt, { tipId, acceptedAt, unitCode }],
        [
          'CrimeTipAssigned',
          assignedAt,
          { tipId, assignedAt, investigator: 'dieutravien', decision: decision(assignedAt) },
        ],
        ['VerificationProlonged', prolongedAt, { tipId, prolongedAt, decision: decision(prolongedAt) }],
        [
          'InitiationDeclined',
          declinedAt,
          { tipId, declinedAt, reason: 'a', administrativeReferral: false, decision: decision(declinedAt) },
        ],
      ];
      const known = tip % 6 === 5 ? 5 : 6;
      for (const [step, [type, happenedAt, body]] of data.slice(0, known).entries()) {
        const stream = `crime-tip-${tipId}`;
        const actor = { id: 'canbo', role: 'intake_officer', unit: unitCode };
        steps[step]!.push({
          id: `01890000-0000-7000-8000-${(tip * 6 + step).toString(16).padStart(12, '0')}`,
          stream,
          version: step + 1,
          type,
          event_version: 1,
          data: body,
          meta: { actor, correlationId: stream, causationId: null, happenedAt, source: 'ui' },
          recorded_at: happenedAt,
        });
      }
    }
    // Half a batch later the next batch begins: tips overlap as they do at a desk.
    for (const rows of steps) waiting.push(...rows);
    if (waiting.length >= EVENTS_A_TRANSACTION) await write();
  }
  await write();
  await pool.query('VACUUM ANALYZE intake.events');
  return events;
}
