import type { ActFields } from './act-fields';

/** Each act: whether it is a written decision, and the fields beside the time it happened. Names are those of the HTTP face. */
export interface ActSpec {
  /** The act is a written decision with number, day of signing and signer. */
  isDecision: boolean;
  /** The decision prints its from and to dates. */
  printsTerm?: boolean;
  fields: readonly (keyof ActFields)[];
  required: readonly (keyof ActFields)[];
}

const of = (
  fields: readonly (keyof ActFields)[],
  required: readonly (keyof ActFields)[],
  spec: Partial<ActSpec> = {},
): ActSpec => ({
  isDecision: false,
  ...spec,
  fields,
  required,
});

export const actSpecs: Readonly<Record<string, ActSpec>> = {
  classify: of(['competent', 'urgent', 'category', 'offence', 'signsOfCrime'], ['competent', 'urgent', 'category']),
  transfer: of(['toUnit', 'reason'], ['toUnit', 'reason']),
  'acknowledge-transfer': of([], []),
  accept: of([], []),
  assign: of(['investigator'], ['investigator'], { isDecision: true }),
  prolong: of([], [], { isDecision: true, printsTerm: true }),
  'request-extension': of(['reason'], ['reason']),
  suspend: of(['ground'], ['ground'], { isDecision: true }),
  resume: of(['reason'], ['reason'], { isDecision: true }),
  initiate: of(['offence'], ['offence'], { isDecision: true }),
  'decline-to-initiate': of(['reason', 'administrativeReferral'], ['reason'], { isDecision: true }),
  'send-notice': of(['notice', 'recipient'], ['notice', 'recipient']),
  'conclude-investigation': of(['proposesProsecution'], ['proposesProsecution']),
  'receive-file': of(['complete', 'conclusionDelivered'], ['complete', 'conclusionDelivered']),
  'extend-prosecution': of([], [], { isDecision: true, printsTerm: true }),
  'decide-prosecution': of(['prosecution'], ['prosecution'], { isDecision: true }),
};

/** The acts that end a tip stand together in the menu "Ra quyết định". */
export const endingActs: ReadonlySet<string> = new Set(['initiate', 'decline-to-initiate']);
