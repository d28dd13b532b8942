import { STREAMS, TOPIC_NAMES } from '@app/contracts';
import type { ExtensionGranted, ExtensionRefused, ExtensionRequestReceived } from '@app/contracts';
import { RowProjection, type ScannedEvent } from '@app/event-store';
import type { Consumer } from '@app/messaging';
import { legalDateOf } from '@app/legal-time-limits';

/** A row of `prosecution.extension_requests`. */
export interface ExtensionRequestRow {
  request_id: string;
  tip_id: string;
  number: number;
  year: number;
  category: string | null;
  unit_code: string;
  supervised_by: string;
  requested_at: string;
  requested_on: string;
  reason: string | null;
  term_ends_on: string;
  state: 'requested' | 'granted' | 'refused';
  decided_at: string | null;
  granted_to: string | null;
  refusal: string | null;
  version: number;
}

/**
 * The read model behind `GET /api/extension-requests`: the requests as the procuracy holds them, from its own log.
 */
export function extensionRequestListConsumer(schema: string): Consumer {
  const rows = new RowProjection<ExtensionRequestRow, ScannedEvent>({
    schema,
    table: 'extension_requests',
    key: 'request_id',
    keys: (event) =>
      event.stream.startsWith(STREAMS.extensionRequest) ? [event.stream.slice(STREAMS.extensionRequest.length)] : [],
    ofOneStream: true,
    fold: foldExtensionRequest,
  });
  return {
    name: 'prosecution.extension-request-list',
    topics: [TOPIC_NAMES.extensionRequests],
    async handle(batch, tx) {
      await rows.applyBatch(tx, batch);
    },
    rebuild: { tables: ['extension_requests'], bulk: () => rows.load() },
  };
}

function foldExtensionRequest(
  row: ExtensionRequestRow | undefined,
  event: ScannedEvent,
): ExtensionRequestRow | undefined {
  switch (event.type) {
    case 'ExtensionRequestReceived': {
      const data = event.data as unknown as ExtensionRequestReceived;
      return {
        request_id: data.requestId,
        tip_id: data.tipId,
        number: data.registerNumber.number,
        year: data.registerNumber.year,
        category: data.category ?? null,
        unit_code: data.unitCode,
        supervised_by: data.supervisedBy,
        requested_at: data.requestedAt,
        requested_on: legalDateOf(data.requestedAt),
        reason: data.reason ?? null,
        term_ends_on: data.termEndsOn,
        state: 'requested',
        decided_at: null,
        granted_to: null,
        refusal: null,
        version: event.version,
      };
    }
    case 'ExtensionGranted': {
      const data = event.data as unknown as ExtensionGranted;
      return (
        row && {
          ...row,
          state: 'granted',
          decided_at: data.grantedAt,
          granted_to: data.to ?? null,
          version: event.version,
        }
      );
    }
    case 'ExtensionRefused': {
      const data = event.data as unknown as ExtensionRefused;
      return (
        row && { ...row, state: 'refused', decided_at: data.refusedAt, refusal: data.reason, version: event.version }
      );
    }
    default:
      return row;
  }
}
