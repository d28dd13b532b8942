import { STREAMS, TOPIC_NAMES } from '@app/contracts';
import type { ExtensionRequested, VerificationExtended } from '@app/contracts';
import { NO_EXTENSION_REQUEST, receiveExtensionRequest } from '@app/domain';
import type { AppendCommand, NewEvent } from '@app/event-store';
import { APPENDS_EVENTS, type Consumer, type DeliveredEvent } from '@app/messaging';
import type { ServiceContext } from '@app/service';

/**
 * The police's request reaches the procuracy: its own stream starts, and with it the three days to decide.
 * An imported register brings the procuracy's answer along: without it the request would wait here for ever.
 */
export function receiveExtensionRequestWhenRequested(context: ServiceContext): Consumer {
  return {
    name: 'prosecution.receive-extension-request-when-requested',
    topics: [TOPIC_NAMES.crimeTips],
    rebuild: APPENDS_EVENTS,
    async handle(batch) {
      const commands = batch.filter(({ type }) => type === 'ExtensionRequested').map(commandFor);
      // A conflict says that the request is already here: delivered again, nothing to do.
      await context.store.append(commands);
      // After the requests, in a call of their own: a request that is already here must not hold its grant back.
      await context.store.append(batch.filter(isImportedGrant).map(grantCommandFor));
    },
  };
}

function commandFor(event: DeliveredEvent): AppendCommand {
  const data = event.data as unknown as ExtensionRequested;
  return {
    stream: `${STREAMS.extensionRequest}${data.requestId}`,
    expectedVersion: 0,
    events: receiveExtensionRequest(NO_EXTENSION_REQUEST, data) as unknown as NewEvent[],
    meta: {
      actor: event.meta.actor,
      correlationId: event.meta.correlationId,
      causationId: event.id,
      happenedAt: event.meta.happenedAt,
      source: 'reaction',
    },
  };
}

function isImportedGrant({ type, meta }: DeliveredEvent): boolean {
  return type === 'VerificationExtended' && meta.source === 'import';
}

function grantCommandFor(event: DeliveredEvent): AppendCommand {
  const { tipId, requestId, extendedAt, from, to, decision } = event.data as unknown as VerificationExtended;
  const printed = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  return {
    stream: `${STREAMS.extensionRequest}${requestId}`,
    expectedVersion: 1,
    events: [
      {
        type: 'ExtensionGranted',
        data: { requestId, tipId, grantedAt: extendedAt, ...printed, decision: { ...decision } },
      },
    ],
    meta: {
      actor: event.meta.actor,
      correlationId: event.meta.correlationId,
      causationId: event.id,
      happenedAt: extendedAt,
      source: 'import',
    },
  };
}
