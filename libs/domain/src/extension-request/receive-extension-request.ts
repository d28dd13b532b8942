import type { ExtensionRequestReceived } from '@app/contracts';
import type { ExtensionRequest, ExtensionRequestEvent } from './extension-request.js';

/** The procuracy's copy of the request; receiving it twice changes nothing. */
export function receiveExtensionRequest(
  request: ExtensionRequest,
  data: ExtensionRequestReceived,
): ExtensionRequestEvent[] {
  return request.status === 'unknown' ? [{ type: 'ExtensionRequestReceived', data }] : [];
}
