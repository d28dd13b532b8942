import { describe, expect, it } from '@jest/globals';
import { RELEASED_HISTORY as history, RELEASED_LAW as law } from '@app/legal-time-limits';
import {
  assignedInTime,
  classificationBreach,
  classifiedInTime,
  prosecutionTerm,
  transferredInTime,
  verificationTerm,
} from './terms.js';

const at = (day: string): string => `${day}T08:00:00+07:00`;
const RECEIVED = at('2026-01-05');
const ACCEPTED = at('2026-01-05');

describe('the term of verification', () => {
  it('is twenty days, late from the midnight after its latest arguable day', () => {
    // 5 January + 20 days = 25 January 2026, a Sunday: arguably Monday the 26th.
    expect(verificationTerm(RECEIVED, ACCEPTED, [], law)).toEqual({
      rule: 'CPC-147-1',
      safeBy: '2026-01-24',
      due: '2026-01-25',
      latestArguable: '2026-01-26',
      breachAt: '2026-01-27T00:00:00+07:00',
    });
  });

  it('is moved by the head to two months in all, and by the procuracy by two more', () => {
    const prolonged = { type: 'VerificationProlonged', at: at('2026-01-20') } as const;
    expect(verificationTerm(RECEIVED, ACCEPTED, [prolonged], law)?.due).toBe('2026-03-05');
    const extended = { type: 'ExtensionGranted', at: at('2026-02-25') } as const;
    expect(verificationTerm(RECEIVED, ACCEPTED, [prolonged, extended], law)?.due).toBe('2026-05-05');
    expect(verificationTerm(RECEIVED, ACCEPTED, [prolonged, { ...extended, to: '2026-04-20' }], law)?.due).toBe(
      '2026-04-20',
    );
  });

  it('does not run while suspended, and is a new month after resumption', () => {
    const suspended = { type: 'VerificationSuspended', at: at('2026-01-25') } as const;
    expect(verificationTerm(RECEIVED, ACCEPTED, [suspended], law)).toBeNull();
    const resumed = { type: 'VerificationResumed', at: at('2026-03-10') } as const;
    expect(verificationTerm(RECEIVED, ACCEPTED, [suspended, resumed], law)).toMatchObject({
      rule: 'CPC-149-1',
      due: '2026-04-10',
    });
  });

  it('is not moved by an act that the law does not know', () => {
    const resumed = [
      { type: 'VerificationSuspended', at: at('2026-01-25') },
      { type: 'VerificationResumed', at: at('2026-03-10') },
      { type: 'VerificationProlonged', at: at('2026-04-01') },
    ] as const;
    expect(verificationTerm(RECEIVED, ACCEPTED, resumed, law)?.due).toBe('2026-04-10');
  });

  it('is unknown for tips older than the rules', () => {
    expect(verificationTerm(at('2015-01-05'), at('2015-01-05'), [], law)).toBeNull();
    expect(classificationBreach(at('2015-01-05'), null, history)).toBeNull();
    expect(verificationTerm(at('2015-01-05'), at('2019-01-05'), [], law)?.due).toBe('2019-01-25');
  });
});

describe('steps inside their own terms', () => {
  it('classify within 24 hours, the last moment included', () => {
    expect(classificationBreach(RECEIVED, null, history)).toBe('2026-01-06T08:00:00+07:00');
    expect(classifiedInTime(RECEIVED, '2026-01-06T01:00:00Z', history)).toBe(true);
    expect(classifiedInTime(RECEIVED, '2026-01-06T01:00:01Z', history)).toBe(false);
  });

  it('assign within three days of acceptance', () => {
    expect(assignedInTime(ACCEPTED, at('2026-01-08'), history)).toBe(true);
    expect(assignedInTime(ACCEPTED, at('2026-01-09'), history)).toBe(false);
    expect(assignedInTime(null, at('2026-01-09'), history)).toBe(true);
  });

  it('transfer from commune police within 24 or 48 hours when urgent, seven days otherwise', () => {
    const tip = {
      received_at: RECEIVED,
      received_level: 'commune',
      received_remote: false,
      urgent: true,
      transferred_at: at('2026-01-07'),
    };
    expect(transferredInTime(tip, history)).toBe(false);
    expect(transferredInTime({ ...tip, received_remote: true }, history)).toBe(true);
    expect(transferredInTime({ ...tip, urgent: false }, history)).toBe(true);
    expect(transferredInTime({ ...tip, urgent: false, transferred_at: at('2026-01-20') }, history)).toBe(false);
    expect(transferredInTime({ ...tip, received_level: 'province' }, history)).toBe(true);
  });
});

describe('the term of prosecution', () => {
  const input = {
    initiatedAt: at('2026-01-05'),
    class: 'IT',
    juvenile: false,
    shortened: false,
    concludedAt: at('2026-03-01'),
    fileReceivedAt: at('2026-03-02'),
    extension: null,
  } as const;

  it('follows the class of the offence', () => {
    expect(prosecutionTerm(input, law)).toMatchObject({
      rule: 'CPC-240-1',
      due: '2026-03-22',
      latestArguable: '2026-03-23',
    });
    expect(prosecutionTerm({ ...input, class: 'DBNT' }, law)?.due).toBe('2026-04-01');
  });

  it('is extended once by what its class allows', () => {
    const extension = { type: 'ProsecutionTermExtended', at: at('2026-03-18') } as const;
    expect(prosecutionTerm({ ...input, extension }, law)?.due).toBe('2026-04-01');
    expect(prosecutionTerm({ ...input, extension: { ...extension, to: '2026-03-27' } }, law)?.due).toBe('2026-03-27');
  });

  it('is five days in the shortened procedure, and unknown before the Code', () => {
    expect(prosecutionTerm({ ...input, shortened: true }, law)).toMatchObject({ rule: 'CPC-461-1', due: '2026-03-07' });
    expect(prosecutionTerm({ ...input, initiatedAt: at('2016-01-05') }, law)).toBeNull();
  });
});
