import { describe, expect, it } from '@jest/globals';
import { canonicalJson, decodeCursor, encodeCursor, fingerprint } from './index.js';

describe('a cursor', () => {
  it('gives back the values it was made of', () => {
    expect(decodeCursor(encodeCursor(['2026-01-05', 7, null]))).toEqual(['2026-01-05', 7, null]);
  });
});

describe('a fingerprint', () => {
  it('is the same for the same request, whatever the order of its members', () => {
    expect(fingerprint('post', '/api/tips?x=1', { a: 1, b: { c: 2, d: undefined } })).toBe(
      fingerprint('POST', '/api/tips', { b: { c: 2 }, a: 1 }),
    );
  });
  it('differs with the method, path or any value', () => {
    const all = [
      fingerprint('POST', '/a', { a: 1 }),
      fingerprint('PUT', '/a', { a: 1 }),
      fingerprint('POST', '/b', { a: 1 }),
      fingerprint('POST', '/a', { a: '1' }),
      fingerprint('POST', '/a', undefined),
    ];
    expect(new Set(all).size).toBe(all.length);
  });
  it('writes nested lists and dates in one way', () => {
    expect(canonicalJson({ b: [new Date(0), null], a: 'x' })).toBe('{"a":"x","b":["1970-01-01T00:00:00.000Z",null]}');
  });
});
