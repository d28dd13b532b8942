/** Name of the gapless series of register numbers of one unit; the year is the series' second key. */
export function registerSeries(unitCode: string): string {
  return `tips/${unitCode}`;
}
