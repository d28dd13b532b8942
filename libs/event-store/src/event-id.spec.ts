import { describe, expect, it } from '@jest/globals';
import { deterministicUuidv7, uuidv7 } from './event-id.js';

describe('the id of an event', () => {
  it('is the same for the same command for ever, also after an upgrade', () => {
    const at = new Date('2026-01-05T08:00:00+07:00');
    expect(deterministicUuidv7(at, 'intake', 'key-1', 'crime-tip-1', '0')).toBe('019b8bab-0680-7d05-b146-26feed4edc2e');
    expect(deterministicUuidv7(at, 'intake', 'key-1', 'crime-tip-1', '1')).not.toBe(
      deterministicUuidv7(at, 'intake', 'key-1', 'crime-tip-1', '0'),
    );
  });

  it('is a version 7 UUID that names its moment and never comes twice', () => {
    const at = new Date('2026-01-05T01:00:00.123Z');
    const ids = Array.from({ length: 10_000 }, () => uuidv7(at));
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(parseInt(id.slice(0, 13).replace('-', ''), 16)).toBe(at.getTime());
    }
  });
});
