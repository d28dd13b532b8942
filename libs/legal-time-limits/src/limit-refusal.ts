/** Where in the input a refusal arose, and what would have been accepted. */
export interface RefusalPlace {
  /** Name of the input field that was refused. */
  readonly field?: string;
  /** Position of the refused fact in the input array, counted from 0. */
  readonly position?: number;
  /** The facts behind the refusal: what was given, what is allowed, which article. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

/**
 * The only error this library throws: the input cannot be computed. It names the rule that was broken (`code`), the field
 * or the position of the fact, why, and what is allowed, in Vietnamese and English. Match by `code`, not by class.
 */
export class LimitRefusal extends Error {
  readonly code: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly vi: string;
  readonly en: string;
  readonly field?: string;
  readonly position?: number;

  constructor(code: string, text: { vi: string; en: string }, place: RefusalPlace = {}) {
    super(text.en);
    this.name = 'LimitRefusal';
    this.code = code;
    this.vi = text.vi;
    this.en = text.en;
    this.facts = place.facts ?? {};
    if (place.field !== undefined) this.field = place.field;
    if (place.position !== undefined) this.position = place.position;
  }
}
