import { STREAMS, TOPIC_NAMES } from '@app/contracts';
import type { CriminalCaseInitiated } from '@app/contracts';
import { NO_CRIMINAL_CASE, openCriminalCase } from '@app/domain';
import type { AppendCommand, NewEvent } from '@app/event-store';
import { APPENDS_EVENTS, type Consumer, type DeliveredEvent } from '@app/messaging';
import type { ServiceContext } from '@app/service';

/** A body's decision to initiate opens the case at the procuracy (BLTTHS 154). One append for the whole batch. */
export function openCaseWhenProsecutionInitiated(context: ServiceContext): Consumer {
  return {
    name: 'prosecution.open-case-when-prosecution-initiated',
    topics: [TOPIC_NAMES.crimeTips],
    rebuild: APPENDS_EVENTS,
    async handle(batch) {
      const commands = batch.filter(({ type }) => type === 'CriminalCaseInitiated').map(commandFor);
      // A conflict says that the case is already open: delivered again, or imported, nothing to do.
      await context.store.append(commands);
    },
  };
}

function commandFor(event: DeliveredEvent): AppendCommand {
  const data = event.data as unknown as CriminalCaseInitiated;
  const { caseId, tipId, unitCode, supervisedBy, initiatedAt, category, offence, juvenile } = data;
  return {
    stream: `${STREAMS.criminalCase}${caseId}`,
    expectedVersion: 0,
    events: openCriminalCase(NO_CRIMINAL_CASE, {
      caseId,
      tipId,
      unitCode,
      supervisedBy,
      initiatedAt,
      category,
      offence,
      class: data.class,
      accusedCount: 0,
      juvenile,
      shortened: false,
      // A register of tips says nothing of what became of its cases.
      ...(event.meta.source === 'import' ? { followed: false } : {}),
      // It happened and was judged where it was decided; here it is a fact.
      now: event.meta.recordedAt,
    }) as unknown as NewEvent[],
    meta: {
      actor: event.meta.actor,
      correlationId: event.meta.correlationId,
      causationId: event.id,
      happenedAt: event.meta.happenedAt,
      source: 'reaction',
    },
  };
}
