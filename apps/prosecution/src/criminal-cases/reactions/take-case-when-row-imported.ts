import { STREAMS, TOPIC_NAMES } from '@app/contracts';
import type { CaseRowImported } from '@app/contracts';
import { eventsOfCaseRow, evolveCriminalCase, NO_CRIMINAL_CASE } from '@app/domain';
import type { CaseRegisterColumns, CriminalCase, CriminalCaseEvent } from '@app/domain';
import type { PublishedLaw } from '@app/law-book';
import type { LawHistory } from '@app/legal-time-limits';
import type { AppendCommand, EventStore, NewEvent } from '@app/event-store';
import { APPENDS_EVENTS, type Consumer, type DeliveredEvent } from '@app/messaging';
import type { ServiceContext } from '@app/service';

/** How often a batch is decided again when somebody acts on one of its cases meanwhile. */
const ATTEMPTS = 5;

/**
 * A row of an imported case register becomes the acts that it records. A row whose tip has opened its case already
 * continues that case. The idempotency key is the causing event, so a repeated delivery writes nothing.
 */
export function takeCaseWhenRowImported(context: ServiceContext, law: PublishedLaw): Consumer {
  return {
    name: 'prosecution.take-case-when-row-imported',
    topics: [TOPIC_NAMES.registerRows],
    rebuild: APPENDS_EVENTS,
    async handle(batch) {
      const history = await law.history(context.pool);
      let waiting = batch.filter(({ type }) => type === 'CaseRowImported');
      for (let attempt = 1; waiting.length > 0; attempt += 1) {
        const commands = await Promise.all(waiting.map((event) => commandFor(context.store, event, history)));
        const verdicts = await context.store.append(commands);
        waiting = waiting.filter((_, index) => verdicts[index]?.kind === 'conflict');
        if (attempt === ATTEMPTS && waiting.length > 0) throw new Error('cases kept changing while rows were taken');
      }
    },
  };
}

async function commandFor(store: EventStore, event: DeliveredEvent, history: LawHistory): Promise<AppendCommand> {
  const { row, ...key } = event.data as unknown as CaseRowImported;
  const stream = `${STREAMS.criminalCase}${key.caseId}`;
  // Only a row that names a tip can meet a case that is open already.
  const past = key.tipId === null ? [] : await store.load(stream);
  const state = past.reduce<CriminalCase>(
    (folded, { type, data }) => evolveCriminalCase(folded, { type, data } as unknown as CriminalCaseEvent),
    NO_CRIMINAL_CASE,
  );
  const columns = row as unknown as CaseRegisterColumns;
  return {
    stream,
    expectedVersion: past.length,
    events: eventsOfCaseRow(state, key, columns, event.meta.recordedAt, history).map((taken) => ({
      ...(taken as unknown as NewEvent),
      happenedAt: momentOf(taken, columns),
    })),
    meta: {
      actor: event.meta.actor,
      correlationId: event.meta.correlationId,
      causationId: event.id,
      happenedAt: columns.initiatedAt,
      source: 'import',
    },
    idempotency: { key: `caused-by:${event.id}`, fingerprint: event.id },
  };
}

/** Legal time of an act: its own moment, or the initiation's for what carries none. */
function momentOf({ data }: CriminalCaseEvent, { initiatedAt }: CaseRegisterColumns): string {
  const moments = data as Partial<Record<(typeof MOMENTS)[number], string>>;
  for (const name of MOMENTS) {
    const moment = moments[name];
    if (moment !== undefined) return moment;
  }
  return initiatedAt;
}

const MOMENTS = ['decidedAt', 'concludedAt', 'extendedAt', 'suspendedAt', 'resumedAt', 'receivedAt'] as const;
