import { Inject, Injectable } from '@nestjs/common';
import { STREAMS } from '@app/contracts';
import { evolveExtensionRequest, NO_EXTENSION_REQUEST } from '@app/domain';
import type { ExtensionRequest, ExtensionRequestEvent } from '@app/domain';
import type { NewEvent, StreamDefinition } from '@app/event-store';
import { requireVersion } from '@app/http';
import type { ActRequest } from '@app/http';
import type { ServiceContext } from '@app/service';
import { PROSECUTION_CONTEXT } from '../context.js';
import { ExtensionRequests } from './read-models/find-extension-requests.js';
import type { ExtensionRequestAnswer } from './read-models/find-extension-requests.js';

export type { ExtensionRequestAnswer };

/** How a request's stream folds into what decisions ask about. */
export const EXTENSION_REQUEST: StreamDefinition<ExtensionRequest> = {
  initial: NO_EXTENSION_REQUEST,
  evolve: (request, { type, data }) =>
    evolveExtensionRequest(request, { type, data } as unknown as ExtensionRequestEvent),
};

/** Load a request, decide, append, answer. */
@Injectable()
export class ExtensionRequestStreams {
  constructor(
    @Inject(PROSECUTION_CONTEXT) private readonly context: ServiceContext,
    private readonly requests: ExtensionRequests,
  ) {}

  /**
   * @param happenedAt legal time of the act (RFC 3339)
   * @throws NotFound when the request is not there or not for this caller's procuracy
   */
  async change(
    request: ActRequest,
    happenedAt: string,
    decide: (state: ExtensionRequest, now: string) => ExtensionRequestEvent[],
  ): Promise<ExtensionRequestAnswer> {
    const { id, caller, correlationId, idempotency, expectedVersion } = request;
    // The list knows the supervising procuracy, and its rows are behind the caller's scope.
    await this.requests.of(id, caller);
    await this.context.store.change(
      `${STREAMS.extensionRequest}${id}`,
      EXTENSION_REQUEST,
      (state, version) => {
        requireVersion(expectedVersion, version);
        return decide(state, this.context.clock.now().toISOString()) as unknown as NewEvent[];
      },
      {
        actor: { id: caller.id, role: caller.role, unit: caller.unit },
        happenedAt,
        correlationId,
        ...(idempotency ? { idempotency } : {}),
      },
    );
    await this.context.settled();
    return this.requests.of(id, caller);
  }
}
