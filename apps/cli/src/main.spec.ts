import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { run } from './main.js';

let out = '';
let err = '';

beforeEach(() => {
  out = '';
  err = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    return true;
  });
});

afterEach(() => {
  jest.restoreAllMocks();
});

describe('npx tinbao limit', () => {
  it('prints one object with the dates of a rule, without a server', async () => {
    expect(await run(['limit', 'CPC-147-1', '--start', '2026-01-05', '--json'])).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      rule: 'CPC-147-1',
      start: '2026-01-05',
      nominal: '2026-01-25',
      safeBy: '2026-01-24',
      due: '2026-01-25',
      latestArguable: '2026-01-26',
      requestBy: null,
    });
    for (const key of ['cites', 'effective', 'calendarVersion', 'why']) expect(JSON.parse(out)).toHaveProperty(key);
  });

  it('says by which law it calculates, beside the object', async () => {
    expect(await run(['limit', 'CPC-147-1', '--start', '2026-01-05', '--json'])).toBe(0);
    expect(err).toContain(`calendar ${JSON.parse(out).calendarVersion}`);
    expect(err).toContain('released with this program');
    out = '';
    expect(
      await run(['limit', 'CPC-147-1', '--start', '2026-01-05', '--server', 'http://127.0.0.1:9', '--client', 'a:b']),
    ).toBe(1);
    expect(err).toContain('No answer from http://127.0.0.1:9');
    expect(out).toBe('');
  });

  it('takes every option of the calculation', async () => {
    expect(
      await run(['limit', 'CPC-147-1', '--start', '2025-01-10', '--prolonged', '--extensions', '1', '--json']),
    ).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ due: '2025-05-12', nominal: '2025-05-10' });
    out = '';
    expect(await run(['limit', 'TTLT17-8-5A', '--start', '2024-02-28T23:15:00+07:00', '--remote', '--json'])).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ due: '2024-03-01T23:15:00+07:00' });
    out = '';
    expect(
      await run(['limit', 'CPC-134-CUSTODY', '--start', '2018-03-04', '--months', '2', '--held-days', '3', '--json']),
    ).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ due: '2018-04-29' });
    out = '';
    expect(
      await run([
        'limit',
        'CPC-172',
        '--class',
        'IT',
        '--start',
        '2026-01-31',
        '--juvenile',
        '--case-initiated-on',
        '2026-01-31',
        '--json',
      ]),
    ).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ due: '2026-03-02' });
  });

  it('tells a refusal with 1 and a wrong call with 2', async () => {
    expect(await run(['limit', 'NO-SUCH-RULE', '--start', '2026-01-05'])).toBe(1);
    expect(err).toContain('RuleUnknown');
    expect(await run(['limit', 'CPC-147-1', '--start', 'soon', '--json'])).toBe(1);
    expect(await run(['limit', 'CPC-147-1'])).toBe(2);
    expect(await run(['limit', 'CPC-147-1', '--start', '2026-01-05', '--extensions', 'two'])).toBe(2);
    expect(await run(['limit', 'CPC-147-1', '--start', '2026-01-05', '--sometimes'])).toBe(2);
    expect(await run(['frobnicate'])).toBe(2);
    expect(out).toBe('');
  });

  it('has help for every command', async () => {
    for (const command of ['limit', 'limits', 'import', 'indicators', 'status']) {
      out = '';
      expect(await run([command, '--help'])).toBe(0);
      expect(out).toContain(`tinbao ${command}`);
    }
  });
});

describe('the commands that ask a server', () => {
  it('say what is missing before they ask, and where nobody answered', async () => {
    expect(await run(['indicators', '--server', 'nowhere'])).toBe(2);
    expect(await run(['indicators'])).toBe(2);
    expect(err).toContain('--client');
    expect(await run(['import', 'no-such-file.csv', '--client', 'a:b'])).toBe(2);
    expect(await run(['status', '--server', 'http://127.0.0.1:9'])).toBe(1);
    expect(err).toContain('No answer from http://127.0.0.1:9');
  });
});
