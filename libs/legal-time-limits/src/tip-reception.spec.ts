import { describe, expect, it } from '@jest/globals';
import type { Obligation } from './index.js';
import { ACCEPTED, at, fact, of, RECEIVED, rules, tip } from './testing/tip-facts.js';

describe('a tip that was received', () => {
  it('owes its classification in 24 hours and the notices of receipt', () => {
    const owed = tip([RECEIVED]);
    expect(owed.map(({ id, owedBy, due }) => [id, owedBy, due])).toEqual([
      ['TTLT17-8-CLASSIFY:1', 'receiving_body', '2026-01-06T08:00:00+07:00'],
      ['CPC-146-5/procuracy:1', 'receiving_body', '2026-01-08'],
      ['TTLT17-14-1/procuracy:1', 'receiving_body', '2026-01-08'],
      ['TTLT17-14-1/informant:1', 'receiving_body', '2026-01-08'],
    ]);
  });

  it('may be called TipReceived', () => {
    expect(tip([{ ...RECEIVED, type: 'TipReceived' }])).toEqual(tip([RECEIVED]));
  });

  it('owes the informant no notice when the identity was refused or there is none', () => {
    for (const fields of [{ informantRefusedIdentity: true }, { informantGiven: false }]) {
      const owed = tip([fact('CrimeTipReceived', '05/01', fields), ACCEPTED, fact('CriminalCaseInitiated', '10/01')]);
      expect(owed.filter(({ recipient }) => recipient === 'informant')).toEqual([]);
    }
  });

  it('is done with a notice sent in time and breached by one sent late', () => {
    const owed = tip([
      RECEIVED,
      fact('NoticeSent', '08/01 23:59', { notice: 'receipt', recipient: 'procuracy' }),
      fact('NoticeSent', '09/01 00:00', { notice: 'receipt', recipient: 'informant' }),
    ]);
    expect(of(owed, 'CPC-146-5', 'procuracy')).toMatchObject({ status: 'done', doneAt: at('08/01 23:59') });
    expect(of(owed, 'TTLT17-14-1', 'informant')).toMatchObject({ status: 'breached', doneAt: at('09/01 00:00') });
  });

  it('from an imported register without notice columns claims no notices and no reports', () => {
    const owed = tip([
      fact('CrimeTipReceived', '05/01', { noticesTracked: false }),
      ACCEPTED,
      fact('VerificationSuspended', '26/01', { ground: 'b' }),
      fact('VerificationResumed', '27/01'),
      fact('CriminalCaseInitiated', '28/01'),
    ]);
    expect(rules(owed)).toEqual(['CPC-147-1', 'CPC-149-1', 'TTLT17-8-CLASSIFY', 'TTLT17-9']);
  });

  it('at the procuracy is forwarded within 24 hours, not classified', () => {
    const owed = tip([fact('CrimeTipReceived', '05/01 08:00', { noticesTracked: false })], {
      unit: { kind: 'procuracy' },
    });
    expect(owed.map(({ rule, due }) => [rule, due])).toEqual([['TTLT17-8-FORWARD', at('06/01 08:00')]]);
  });

  it('is in time at the very end of 24 hours, and an open duty is past from that instant', () => {
    const classified = (when: string): Obligation =>
      of(tip([RECEIVED, fact('CrimeTipClassified', when, { competent: true })]), 'TTLT17-8-CLASSIFY');
    expect(classified('06/01 08:00').status).toBe('done');
    expect(classified('06/01 08:01').status).toBe('breached');
    const open = (now: string): string => of(tip([RECEIVED], { now }), 'TTLT17-8-CLASSIFY').status;
    expect(open('2026-01-06T07:59:59.999999+07:00')).toBe('open');
    expect(open('2026-01-06T01:00:00Z')).toBe('breached');
  });
});

describe('a tip at the commune', () => {
  const commune = fact('CrimeTipReceived', '05/01 08:00', { unitLevel: 'commune', noticesTracked: false });

  it('is transferred within 7 days when ordinary', () => {
    const owed = tip([commune, fact('CrimeTipClassified', '05/01 09:00', { competent: false, urgent: false })]);
    expect(of(owed, 'TTLT17-8-5B')).toMatchObject({ safeBy: '2026-01-11', due: '2026-01-12', status: 'open' });
    expect(rules(owed)).not.toContain('TTLT17-8-FORWARD');
    expect(of(tip([commune, fact('CrimeTipTransferred', '12/01 23:00')]), 'TTLT17-8-5B').status).toBe('done');
    expect(of(tip([commune, fact('CrimeTipTransferred', '13/01 00:00')]), 'TTLT17-8-5B').status).toBe('breached');
  });

  it('is transferred within 24 hours of reception when urgent, 48 in a remote commune', () => {
    const urgent = fact('CrimeTipClassified', '05/01 10:00', { competent: false, urgent: true });
    const near = tip([commune, urgent]);
    expect(of(near, 'TTLT17-8-5A')).toMatchObject({
      from: at('05/01 08:00'),
      due: at('06/01 08:00'),
      latestArguable: at('06/01 08:00'),
    });
    expect(of(near, 'TTLT17-8-5B')).toMatchObject({ status: 'cancelled', cancelledAt: at('05/01 10:00') });
    expect(of(tip([{ ...commune, remote: true }, urgent]), 'TTLT17-8-5A').due).toBe(at('07/01 08:00'));
    expect(of(tip([commune, urgent], { unit: { remote: true } }), 'TTLT17-8-5A').due).toBe(at('07/01 08:00'));
  });

  it('that turns urgent later owes the transfer from reception, not before the switch; 24 hours from it stay arguable (c-12)', () => {
    const owed = tip([
      commune,
      fact('CrimeTipClassified', '05/01 10:00', { competent: false, urgent: false }),
      fact('CrimeTipClassified', '07/01 15:00', { competent: false, urgent: true }),
    ]);
    const clock = of(owed, 'TTLT17-8-5A');
    expect(clock).toMatchObject({
      safeBy: at('06/01 08:00'),
      due: at('07/01 15:00'),
      latestArguable: at('08/01 15:00'),
    });
    expect(clock.why.some(({ en }) => en.startsWith('Open (c-12)'))).toBe(true);
  });

  it('may be taken on by the commune itself, which starts resolution (c-7)', () => {
    const owed = tip([commune, fact('CrimeTipAccepted', '06/01 09:00')]);
    expect(of(owed, 'TTLT17-8-5B').status).toBe('done');
    expect(of(owed, 'CPC-147-1').due).toBe('2026-01-26');
  });

  it('knows no term of the commune before the circular of 14/01/2022', () => {
    const old = fact('CrimeTipReceived', '10/01/2022 08:00', { unitLevel: 'commune', noticesTracked: false });
    expect(rules(tip([old]))).toEqual(['TTLT17-8-CLASSIFY']);
  });

  it('at a police post is transferred within 24 hours', () => {
    const post = fact('CrimeTipReceived', '05/01 08:00', { unitLevel: 'post', noticesTracked: false });
    expect(of(tip([post]), 'TTLT17-8-5C').due).toBe(at('06/01 08:00'));
  });
});

describe('a tip found outside competence', () => {
  it('is forwarded within 24 hours of the finding, not of reception', () => {
    const owed = tip([RECEIVED, fact('CrimeTipClassified', '05/01 20:00', { competent: false, urgent: false })]);
    expect(of(owed, 'TTLT17-8-FORWARD').due).toBe(at('06/01 20:00'));
  });

  it('ends the sender’s resolution when the other body acknowledges, and starts anew where it is accepted', () => {
    const owed = tip([
      RECEIVED,
      ACCEPTED,
      fact('CrimeTipTransferred', '10/01 09:00'),
      fact('CrimeTipTransferAcknowledged', '12/01 09:00'),
      fact('CrimeTipAccepted', '13/01 09:00'),
    ]);
    const clocks = owed.filter(({ rule }) => rule === 'CPC-147-1');
    expect(clocks.map(({ id, from, due, status }) => [id, from, due, status])).toEqual([
      ['CPC-147-1:1', '2026-01-06', '2026-01-26', 'cancelled'],
      ['CPC-147-1:2', '2026-01-13', '2026-02-02', 'open'],
    ]);
  });

  it('is taken on by another body only after a transfer: nothing else restarts the term', () => {
    expect(() => tip([RECEIVED, ACCEPTED, fact('CrimeTipAccepted', '08/01')])).toThrow(
      expect.objectContaining({ code: 'FactRepeated', position: 2 }),
    );
  });
});
