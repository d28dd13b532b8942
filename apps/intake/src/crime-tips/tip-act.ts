import type { ActRequest } from '@app/http';
import type { CrimeTip } from '@app/domain';

/** An act asked for on a tip. */
export interface TipActRequest extends ActRequest {
  /** The unit that the act belongs to; the unit responsible for the tip when absent. */
  actingUnit?: (tip: CrimeTip) => string;
}

/** The matter as `GET /api/tips/{id}` answers it. */
export type TipAnswer = Record<string, unknown> & { id: string; version: number };

/** Encoded once: the acts that may follow are most of an answer's text, and after a reception nearly always the same. */
const encoded = new WeakMap<readonly unknown[], Buffer>();

/** The answer as JSON in UTF-8, as `JSON.stringify` would write it; what `acts` holds is taken as never changing. */
export function answerText({ acts, ...rest }: TipAnswer): Buffer {
  if (!Array.isArray(acts)) return Buffer.from(JSON.stringify({ ...rest, acts }));
  let text = encoded.get(acts);
  if (!text) encoded.set(acts, (text = Buffer.from(`,"acts":${JSON.stringify(acts)}}`)));
  return Buffer.concat([Buffer.from(JSON.stringify(rest).slice(0, -1)), text]);
}
