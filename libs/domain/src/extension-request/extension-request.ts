import type { ExtensionGranted, ExtensionRefused, ExtensionRequestReceived } from '@app/contracts';

export type ExtensionRequestEvent =
  | { type: 'ExtensionRequestReceived'; data: ExtensionRequestReceived }
  | { type: 'ExtensionGranted'; data: ExtensionGranted }
  | { type: 'ExtensionRefused'; data: ExtensionRefused };

/** The police's request for the one extension, as the procuracy holds it. */
export type ExtensionRequest =
  | { status: 'unknown' }
  | { status: 'requested'; requestId: string; tipId: string; requestedAt: string; termEndsOn: string }
  | { status: 'granted' | 'refused'; requestId: string; tipId: string; decidedAt: string };

export const NO_EXTENSION_REQUEST: ExtensionRequest = { status: 'unknown' };

/** What is true after an event. Never refuses. */
export function evolveExtensionRequest(request: ExtensionRequest, event: ExtensionRequestEvent): ExtensionRequest {
  switch (event.type) {
    case 'ExtensionRequestReceived': {
      const { requestId, tipId, requestedAt, termEndsOn } = event.data;
      return { status: 'requested', requestId, tipId, requestedAt, termEndsOn };
    }
    case 'ExtensionGranted': {
      const { requestId, tipId, grantedAt } = event.data;
      return { status: 'granted', requestId, tipId, decidedAt: grantedAt };
    }
    case 'ExtensionRefused': {
      const { requestId, tipId, refusedAt } = event.data;
      return { status: 'refused', requestId, tipId, decidedAt: refusedAt };
    }
  }
}
