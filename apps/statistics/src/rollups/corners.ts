import type { DayNumber } from './legal-days.js';

/**
 * How a count over periods is kept as sums.
 *
 * Whether a matter belongs to a set for a period [start, end) depends only on which of its moments lie before `start` and
 * which before `end`. Such a function of two days is a sum of steps, of which there are three kinds:
 * `stock` steps count towards every period that starts later, `flow` steps towards every period that holds their day, and
 * `pair` steps towards every period that starts after the first of two days and holds the second. So
 *
 *   size(start, end) = Σ stock(day < start) + Σ flow(start ≤ day < end) + Σ pair(begun < start ≤ ended < end)
 *
 * and the size of a set over any number of matters is the same three sums over all of them. Steps of a matter are found
 * by asking its membership once per pair of gaps between its moments, whatever the definition of the set is.
 */
export interface Steps {
  stock: { day: DayNumber; set: number; amount: number }[];
  flow: { day: DayNumber; set: number; amount: number }[];
  pair: { begun: DayNumber; ended: DayNumber; set: number; amount: number }[];
}

/** Sets whose membership does not wait for any moment are counted from this day on. */
export const EVER: DayNumber = 0;

/**
 * The steps of one matter.
 * @param moments days that membership depends on, in any order
 * @param memberOf sets that the matter belongs to for the period [start, end), one bit each; asked with start ≤ end
 * @param sets how many sets there are, 31 at most
 */
export function stepsOf(
  moments: readonly DayNumber[],
  memberOf: (start: DayNumber, end: DayNumber) => number,
  sets: number,
): Steps {
  const steps: Steps = { stock: [], flow: [], pair: [] };
  const days = [...new Set(moments)].sort((a, b) => a - b);
  // A day that lies after `i` of the moments and not after the next one; with none of them, the first moment itself.
  const edges = [days[0] ?? EVER, ...days.map((day) => day + 1)];
  const size = edges.length;
  // masks[i][j]: membership with i moments before the start and j before the end.
  const masks = edges.map((start, i) => edges.map((end, j) => (j < i ? 0 : memberOf(start, end))));
  const bit = (mask: number, set: number): number => (mask >> set) & 1;
  for (let set = 0; set < sets; set += 1) {
    const ever = bit(masks[0]![0]!, set);
    if (ever !== 0) steps.stock.push({ day: EVER, set, amount: ever });
  }
  for (let j = 1; j < size; j += 1) {
    const day = days[j - 1]!;
    const stockMoves = masks[j]![j]! ^ masks[j - 1]![j - 1]!;
    const flowMoves = masks[0]![j]! ^ masks[0]![j - 1]!;
    for (let set = 0; set < sets; set += 1) {
      if (bit(stockMoves, set)) {
        steps.stock.push({ day, set, amount: bit(masks[j]![j]!, set) - bit(masks[j - 1]![j - 1]!, set) });
      }
      if (bit(flowMoves, set)) {
        steps.flow.push({ day, set, amount: bit(masks[0]![j]!, set) - bit(masks[0]![j - 1]!, set) });
      }
    }
    for (let i = 1; i < j; i += 1) {
      const corner = [masks[i]![j]!, masks[i - 1]![j]!, masks[i]![j - 1]!, masks[i - 1]![j - 1]!] as const;
      if (corner[0] === corner[1] && corner[2] === corner[3]) continue;
      if (corner[0] === corner[2] && corner[1] === corner[3]) continue;
      for (let set = 0; set < sets; set += 1) {
        const amount = bit(corner[0], set) - bit(corner[1], set) - bit(corner[2], set) + bit(corner[3], set);
        if (amount !== 0) steps.pair.push({ begun: days[i - 1]!, ended: day, set, amount });
      }
    }
  }
  return steps;
}
