import { describe, expect, it } from '@jest/globals';
import { base32, matchedStep, totpCode, totpStep } from './totp.js';

const secret = Buffer.from('12345678901234567890');

describe('a time-based code', () => {
  it.each([
    ['1970-01-01T00:00:59Z', '287082'],
    ['2005-03-18T01:58:29Z', '081804'],
    ['2005-03-18T01:58:31Z', '050471'],
    ['2009-02-13T23:31:30Z', '005924'],
    ['2033-05-18T03:33:20Z', '279037'],
    ['2603-10-11T11:33:20Z', '353130'],
  ])('is at %s the one of RFC 6238, appendix B', (moment, code) => {
    expect(totpCode(secret, totpStep(new Date(moment)))).toBe(code);
  });

  it('is taken one step early or late, with spaces, and never again', () => {
    const at = new Date('2026-11-21T01:00:00Z');
    const step = totpStep(at);
    for (const near of [step - 1, step, step + 1]) {
      expect(matchedStep(secret, totpCode(secret, near), at, 0)).toBe(near);
      expect(matchedStep(secret, totpCode(secret, near), at, near)).toBeNull();
    }
    const code = totpCode(secret, step);
    expect(matchedStep(secret, `${code.slice(0, 3)} ${code.slice(3)}`, at, 0)).toBe(step);
    expect(matchedStep(secret, totpCode(secret, step + 2), at, 0)).toBeNull();
    expect(matchedStep(secret, '', at, 0)).toBeNull();
  });
});

describe('base32', () => {
  it.each([
    ['', ''],
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foo', 'MZXW6'],
    ['foob', 'MZXW6YQ'],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI'],
  ])('of %p is %p as in RFC 4648, without padding', (text, encoded) => {
    expect(base32(Buffer.from(text))).toBe(encoded);
  });
});
