import type { TipAnswer } from '../tip-act.js';

/** Encoded once: the acts that may follow are most of an answer's text, and after a reception nearly always the same. */
const encoded = new WeakMap<readonly unknown[], Buffer>();

/** The answer as JSON in UTF-8, as `JSON.stringify` would write it; what `acts` holds is taken as never changing. */
export function answerText({ acts, ...rest }: TipAnswer): Buffer {
  if (!Array.isArray(acts)) return Buffer.from(JSON.stringify({ ...rest, acts }));
  let text = encoded.get(acts);
  if (!text) encoded.set(acts, (text = Buffer.from(`,"acts":${JSON.stringify(acts)}}`)));
  return Buffer.concat([Buffer.from(JSON.stringify(rest).slice(0, -1)), text]);
}
