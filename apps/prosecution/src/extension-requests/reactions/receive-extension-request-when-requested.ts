import { STREAMS, TOPIC_NAMES } from '@app/contracts';
import type { ExtensionRequested } from '@app/contracts';
import { NO_EXTENSION_REQUEST, receiveExtensionRequest } from '@app/domain';
import type { AppendCommand, NewEvent } from '@app/event-store';
import type { Consumer, DeliveredEvent } from '@app/messaging';
import type { ServiceContext } from '@app/service';

/** The police's request reaches the procuracy: its own stream starts, and with it the three days to decide. */
export function receiveExtensionRequestWhenRequested(context: ServiceContext): Consumer {
  return {
    name: 'prosecution.receive-extension-request-when-requested',
    topics: [TOPIC_NAMES.crimeTips],
    async handle(batch) {
      const commands = batch.filter(({ type }) => type === 'ExtensionRequested').map(commandFor);
      // A conflict says that the request is already here: delivered again, nothing to do.
      await context.store.append(commands);
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
