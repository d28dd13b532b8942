import type { WindowSql } from './sql.js';

/*
 * Where the matters behind a count can be found, in the order of their list: a union of ranges of indexes that holds every
 * member, so that a page is looked for among some hundreds of matters and not among all. What is among them and does not
 * belong is left out by the definition of the set itself, which stays the only one (`tip-sets.ts`, `case-sets.ts`).
 */

/** SQL expressions: candidates after this place, or from it on. */
export interface FromPlace {
  receivedAt: string;
  id: string;
  isInclusive: boolean;
}

/** How the tips of a set are found. */
type Way =
  /** Received in the period. */
  | 'received'
  /** Received in the period, their classification still running. */
  | 'unclassified'
  /** Undecided, whatever the period. */
  | 'undecided'
  /** Decided in the period. */
  | 'decided'
  /** Something was done with them in the period. */
  | 'acted'
  /** The same, and they are undecided. */
  | 'acted and open'
  /** The same, and accepted before it. */
  | 'acted before'
  /** At hand in the period. */
  | 'at hand'
  /** The same, and accepted before it. */
  | 'carried over';

/** Of each set how its tips are found, and what they must have over and above: by the facts as they are now. */
function waysOf({ start, end, asOf }: WindowSql): Readonly<Record<string, readonly [Way, string?]>> {
  const isOfPeriod = (moment: string): string => `(${moment} >= ${start} AND ${moment} < ${end})`;
  // An acceptance that was released may count as well as the one at hand.
  const orEarlier = (condition: string): string => `(${condition} OR t.earlier_acceptances IS NOT NULL)`;
  const accepted = isOfPeriod('t.accepted_at');
  const open = `t.released_at IS NULL AND t.merged_at IS NULL AND ${accepted}`;
  return {
    'R1.numerator': ['received', 't.handled_at IS NOT NULL'],
    'R1.denominator': ['received'],
    'R1.onTime': ['received', 't.handled_at IS NOT NULL'],
    'R1.open': ['unclassified'],
    'R2.numerator': ['decided'],
    'R2.denominator': ['at hand'],
    'R2.open': ['at hand', `(t.decided_at IS NULL OR t.decided_at >= ${end})`],
    'R2.suspended': [
      'acted',
      `(${start} <= ANY (t.suspended_at) OR t.suspended_at IS NOT NULL AND ${orEarlier(accepted)})`,
    ],
    'R2.carriedOver': ['carried over'],
    'R2.accepted': ['acted', orEarlier(accepted)],
    'R2.resumed': ['acted before', `${start} <= ANY (t.resumed_at)`],
    'R2.transferredOut': ['acted', orEarlier(isOfPeriod('t.released_at'))],
    'R2.merged': ['acted', isOfPeriod('t.merged_at')],
    'R2i.numerator': ['decided', `t.outcome = 'initiated'`],
    'R2i.denominator': ['at hand'],
    'R2i.open': ['at hand', `(t.decided_at IS NULL OR t.decided_at >= ${end})`],
    'R3.numerator': ['undecided', `t.merged_at IS NULL AND t.term_breach_at <= ${asOf}`],
    'R3.denominator': ['undecided', 't.merged_at IS NULL'],
    'R3.open': ['undecided', 't.merged_at IS NULL'],
    'R3.suspended': ['undecided', 't.merged_at IS NULL AND t.suspended_at IS NOT NULL'],
    'T1.closed': ['acted', orEarlier(isOfPeriod('t.assigned_at'))],
    'T1.open': ['acted and open', `t.assigned_at IS NULL AND ${open}`],
    'T2.closed': ['decided'],
    'T2.open': ['acted and open', `t.assigned_at IS NOT NULL AND ${open}`],
    'T3.closed': ['decided'],
    'T3.open': ['acted and open', open],
    'T4.closed': ['decided'],
    'T4.open': ['acted and open', open],
  };
}

/** As the index has it (`not-yet-known.ts`). */
const CLASSIFICATION_ENDS = 'CASE WHEN t.classify_breach_at IS NULL THEN t.received_at ELSE t.classify_breach_at END';

/**
 * Candidates of a set over tips: every tip that belongs to it, in histories in which a tip is received before anything else
 * is done with it, and nothing is recorded a day before it happens.
 * @param name `<indicator>.<part>`
 * @param isSuspensionResolved the definition's switch: then R2 is resolved by more than decisions
 */
export function tipCandidates(
  name: string,
  window: WindowSql,
  from: FromPlace | null,
  limit: string,
  isSuspensionResolved: boolean,
): string {
  const { start, end, asOf } = window;
  const known = waysOf(window)[name];
  if (!known) throw new RangeError(`no set ${name}`);
  const [way, must = 'true'] = name === 'R2.numerator' && isSuspensionResolved ? (['at hand'] as const) : known;
  const received = `t.received_at >= ${start} AND t.received_at < ${end}`;
  const decided = `t.decided_at >= ${start} AND t.decided_at < ${end}`;
  const earlier = `t.received_at < ${start}`;
  const actedSince = `t.last_recorded_at >= ${start} - interval '1 day' AND ${earlier}`;
  const undecidedBefore = (edge: string): string => `t.decided_at IS NULL AND t.received_at < ${edge}`;
  const decidedSince = `t.decided_at >= ${start} AND ${earlier}`;
  const streams: Readonly<Record<Way, { walks: string[]; finds: string[] }>> = {
    received: { walks: [received], finds: [] },
    unclassified: { walks: [], finds: [`${received} AND ${CLASSIFICATION_ENDS} > ${asOf}`] },
    undecided: { walks: ['t.decided_at IS NULL'], finds: [] },
    decided: { walks: [`${received} AND ${decided}`], finds: [`${decided} AND ${earlier}`] },
    acted: { walks: [received], finds: [actedSince] },
    'acted and open': {
      walks: [`t.decided_at IS NULL AND ${received}`],
      finds: [`t.decided_at IS NULL AND ${actedSince}`],
    },
    'acted before': { walks: [], finds: [actedSince] },
    'at hand': {
      walks: [undecidedBefore(end), `${received} AND t.decided_at IS NOT NULL`],
      finds: [decidedSince],
    },
    'carried over': { walks: [undecidedBefore(start)], finds: [decidedSince] },
  };
  const { walks, finds } = streams[way];
  const having = (condition: string): string => `${condition} AND ${must}`;
  return inOrder(
    {
      table: 'tip_facts t',
      moment: 't.received_at',
      id: 't.tip_id',
      walks: walks.map(having),
      // Of whatever was recorded after the moment the facts as they are now do not tell how it was.
      finds: [...finds.map(having), `t.last_recorded_at > ${asOf}`],
    },
    from,
    limit,
  );
}

/** Candidates of a set over cases: those whose round at hand, or an earlier one, may count. */
export function caseCandidates(name: string, window: WindowSql, from: FromPlace | null, limit: string): string {
  const { start, end, asOf } = window;
  const decided = `c.decided_at >= ${start} AND c.decided_at < ${end}`;
  const finds = [
    ...(name === 'R4.open'
      ? ['c.decided_at IS NULL AND c.concluded_at IS NOT NULL']
      : [decided, `c.term_breach_at > ${start} AND c.term_breach_at <= least(${end}, ${asOf})`]),
    'c.earlier_rounds IS NOT NULL',
    `c.last_recorded_at > ${asOf}`,
  ];
  const table = { table: 'case_facts c', moment: 'c.initiated_at', id: 'c.case_id', walks: [], finds };
  return inOrder(table, from, limit);
}

interface Streams {
  table: string;
  moment: string;
  id: string;
  /** Conditions of which an index gives the matters in the order of the list. */
  walks: readonly string[];
  /** Those of which an index gives them in another order: all are read and sorted. */
  finds: readonly string[];
}

function inOrder({ table, moment, id, walks, finds }: Streams, from: FromPlace | null, limit: string): string {
  const after = from
    ? `AND ${moment} >= ${from.receivedAt} AND (${moment}, ${id}) ${from.isInclusive ? '>=' : '>'} (${from.receivedAt}, ${from.id})`
    : '';
  const keys = `${moment} AS received_at, ${id} AS id FROM statistics.${table}`;
  const parts = [
    ...walks.map((condition) => `SELECT ${keys} WHERE ${condition} ${after} ORDER BY 1, 2 LIMIT ${limit}`),
    // `OFFSET 0` keeps it from walking in the order asked for and waiting for the few that meet the condition.
    ...finds.map(
      (condition) =>
        `SELECT * FROM (SELECT ${keys} WHERE ${condition} ${after} OFFSET 0) f ORDER BY received_at, id LIMIT ${limit}`,
    ),
  ];
  return `SELECT received_at, id FROM (${parts.map((part) => `(${part})`).join(' UNION ')}) c
    ORDER BY received_at, id LIMIT ${limit}`;
}
