/**
 * `part` of `whole` in percent with two decimals, rounded half up (indicators.md: the product rounds half up everywhere);
 * null when `whole` is 0. Integer arithmetic, so that no binary fraction can tip a half.
 *
 * @param part whole number, 0 or more
 * @param whole whole number, 0 or more
 */
export function percentHalfUp(part: number, whole: number): number | null {
  for (const [name, value] of Object.entries({ part, whole })) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`${name} must be a whole number of 0 or more, not ${value}`);
    }
  }
  if (whole === 0) return null;
  const hundredths = (BigInt(part) * 20_000n + BigInt(whole)) / (2n * BigInt(whole));
  return Number(hundredths) / 100;
}

/**
 * A share between 0 and 1 in percent with two decimals, rounded half up. The share comes out of a product of fractions, so
 * its last bits are noise: it is first brought to ten decimals, which keeps a true half a half.
 */
export function shareHalfUp(share: number): number {
  return Math.floor(Math.round(share * 1e10) / 1e6 + 0.5) / 100;
}
