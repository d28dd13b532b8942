import type { ActRequest } from '@app/http';
import type { CrimeTip } from '@app/domain';

/** An act asked for on a tip. */
export interface TipActRequest extends ActRequest {
  /** The unit that the act belongs to; the unit responsible for the tip when absent. */
  actingUnit?: (tip: CrimeTip) => string;
}

/** The matter as `GET /api/tips/{id}` answers it. */
export type TipAnswer = Record<string, unknown> & { id: string; version: number };
