/** Gives the next number of each unit's register, year by year. */
export class RegisterNumbers {
  private readonly last = new Map<string, number>();

  /** @param year four digits, the year of the register */
  next(unitCode: string, year: string): number {
    const key = `${unitCode} ${year}`;
    const number = (this.last.get(key) ?? 0) + 1;
    this.last.set(key, number);
    return number;
  }
}
