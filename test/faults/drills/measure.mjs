/** @param {number[]} values  @param {number} [share]  0.5 is the median; whole milliseconds, NaN of nothing */
export function quantileOf(values, share = 0.5) {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN);
}

/** From so many rounds on a ratio is judged: one burst of other work falls into one window of two. */
const ENOUGH_ROUNDS = 5;

export const medianOf = (values) => quantileOf(values, 0.5);

/**
 * One measure beside another of the same rounds: the median of the ratios by round, so that what the machine does to a
 * round it does to both.
 * @param {Record<string, number>[]} rounds  notes of each round
 */
export function ratioOf(rounds, name, besideName) {
  const pairs = rounds.filter((notes) => notes[name] > 0 && notes[besideName] > 0);
  const ratios = pairs.map((notes) => notes[name] / notes[besideName]).sort((a, b) => a - b);
  const ratio = ratios[Math.floor(ratios.length / 2)] ?? NaN;
  const typical = (column) => medianOf(pairs.map((notes) => notes[column]));
  return {
    ratio,
    isAbove: (most) => pairs.length >= ENOUGH_ROUNDS && ratio > most,
    text: `${ratio.toFixed(2)} × (${typical(name)} beside ${typical(besideName)} ms, median of ${pairs.length})`,
  };
}
