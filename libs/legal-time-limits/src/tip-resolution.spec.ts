import { describe, expect, it } from '@jest/globals';
import {
  groundsOn,
  breachMoment,
  dueMoment,
  obligationsOf,
  safeMoment,
  type MatterInput,
  type Obligation,
} from './index.js';
import { ACCEPTED, at, fact, of, RECEIVED, rules, tip } from './testing/tip-facts.js';

describe('a tip under verification', () => {
  it('is assigned within 3 days', () => {
    expect(of(tip([RECEIVED, ACCEPTED]), 'TTLT17-9')).toMatchObject({ owedBy: 'head_of_body', due: '2026-01-09' });
    expect(of(tip([RECEIVED, ACCEPTED, fact('CrimeTipAssigned', '09/01')]), 'TTLT17-9').status).toBe('done');
  });

  it('needs no assignment when it is initiated at once', () => {
    const clock = of(tip([RECEIVED, ACCEPTED, fact('CriminalCaseInitiated', '07/01')]), 'TTLT17-9');
    expect(clock.status).toBe('cancelled');
    expect(clock.why.some(({ en }) => en.includes('no assignment decision is needed'))).toBe(true);
  });

  it('never assigned and initiated after the three days is a breach that stays', () => {
    expect(of(tip([RECEIVED, ACCEPTED, fact('CriminalCaseInitiated', '20/01')]), 'TTLT17-9')).toMatchObject({
      status: 'breached',
      cancelledAt: at('20/01'),
    });
  });

  it('is prolonged to two months in total from receipt; the version before is kept', () => {
    const clock = of(tip([RECEIVED, ACCEPTED, fact('VerificationProlonged', '20/01')]), 'CPC-147-1');
    expect(clock).toMatchObject({ nominal: '2026-03-06', due: '2026-03-06', requestBy: '2026-03-01', printed: null });
    expect(clock.superseded).toEqual([
      {
        nominal: '2026-01-26',
        safeBy: '2026-01-25',
        due: '2026-01-26',
        latestArguable: '2026-01-26',
        supersededBy: 'VerificationProlonged',
        at: at('20/01'),
      },
    ]);
  });

  it('ends on the printed day, and a difference to the computed one is reported', () => {
    const equal = of(
      tip([RECEIVED, ACCEPTED, fact('VerificationProlonged', '20/01', { to: '2026-03-06' })]),
      'CPC-147-1',
    );
    expect(equal).toMatchObject({ due: '2026-03-06', printed: { from: null, to: '2026-03-06' }, mismatch: null });
    const longer = of(
      tip([RECEIVED, ACCEPTED, fact('VerificationProlonged', '20/01', { to: '2026-03-10' })]),
      'CPC-147-1',
    );
    expect(longer).toMatchObject({
      nominal: '2026-03-10',
      due: '2026-03-10',
      mismatch: { computed: { from: '2026-01-06', to: '2026-03-06' }, days: 4, beyondCap: true },
    });
    const shorter = of(
      tip([RECEIVED, ACCEPTED, fact('VerificationProlonged', '20/01', { to: '2026-02-20' })]),
      'CPC-147-1',
    );
    expect(shorter).toMatchObject({ due: '2026-02-20', mismatch: { days: -14, beyondCap: false } });
  });

  it('is prolonged again within the same total', () => {
    const clock = of(
      tip([
        RECEIVED,
        ACCEPTED,
        fact('VerificationProlonged', '20/01', { to: '2026-02-20' }),
        fact('VerificationProlonged', '18/02'),
      ]),
      'CPC-147-1',
    );
    expect(clock).toMatchObject({ nominal: '2026-03-06', mismatch: null });
    expect(clock.superseded.map(({ due }) => due)).toEqual(['2026-01-26', '2026-02-20']);
  });

  it('is extended once by the procuracy from the nominal end, or from the printed day', () => {
    const facts = [RECEIVED, ACCEPTED, fact('VerificationProlonged', '20/01'), fact('ExtensionRequested', '27/02')];
    const granted = fact('ExtensionGranted', '02/03');
    expect(of(tip([...facts, granted]), 'CPC-147-1')).toMatchObject({
      nominal: '2026-05-06',
      due: '2026-05-06',
      requestBy: null,
    });
    const printed = { ...granted, from: '2026-03-09', to: '2026-05-09' };
    expect(of(tip([...facts, printed]), 'CPC-147-1')).toMatchObject({
      due: '2026-05-09',
      latestArguable: '2026-05-11',
      mismatch: { computed: { from: '2026-03-06', to: '2026-05-06' }, days: 3, beyondCap: true },
    });
    expect(() => tip([...facts, granted, fact('ExtensionGranted', '03/03')])).toThrow(
      expect.objectContaining({ code: 'ExtensionLimitReached', position: 5 }),
    );
  });

  it('leaves the procuracy 3 days to decide on a request', () => {
    const facts = [RECEIVED, ACCEPTED, fact('VerificationProlonged', '20/01'), fact('ExtensionRequested', '27/02')];
    expect(of(tip(facts), 'TTLT17-11-2B')).toMatchObject({ owedBy: 'procuracy', due: '2026-03-02', status: 'open' });
    expect(of(tip([...facts, fact('ExtensionRefused', '03/03')]), 'TTLT17-11-2B').status).toBe('breached');
    expect(of(tip([...facts, fact('ExtensionRefused', '02/03')]), 'CPC-147-1').due).toBe('2026-03-06');
  });

  it('names the first reception when another body had the tip first (c-6), and a refused extension', () => {
    const clock = of(
      tip([RECEIVED, ACCEPTED, fact('ExtensionRequested', '20/01'), fact('ExtensionRefused', '22/01')]),
      'CPC-147-1',
    );
    const text = clock.why.map(({ en }) => en).join('\n');
    expect(text).toContain(
      'first received on 2026-01-05; from that day the 7 days of the commune and the 20 days end on 2026-02-01',
    );
    expect(text).toContain('The procuracy refused the extension');
  });

  it('counts an extension without a recorded prolongation from the end of the 20 days', () => {
    const clock = of(tip([RECEIVED, ACCEPTED, fact('ExtensionGranted', '25/01')]), 'CPC-147-1');
    expect(clock.nominal).toBe('2026-03-26');
    expect(clock.why.some(({ en }) => en.includes('No prolongation by the head is recorded'))).toBe(true);
  });

  it('decided late is a breach with the day it was done; decided in time is done', () => {
    const decided = (when: string): Obligation =>
      of(tip([RECEIVED, ACCEPTED, fact('InitiationDeclined', when)]), 'CPC-147-1');
    expect(decided('26/01 23:59')).toMatchObject({ status: 'done', doneAt: at('26/01 23:59') });
    expect(decided('27/01 00:00')).toMatchObject({ status: 'breached', doneAt: at('27/01 00:00') });
  });

  it('owes a closing report 7 days before the end, which moves with the end and falls away with the decision', () => {
    expect(of(tip([RECEIVED, ACCEPTED]), 'TT28-15').due).toBe('2026-01-19');
    const moved = of(tip([RECEIVED, ACCEPTED, fact('VerificationProlonged', '15/01')]), 'TT28-15');
    expect(moved.due).toBe('2026-02-27');
    expect(moved.superseded.map(({ due }) => due)).toEqual(['2026-01-19']);
    expect(of(tip([RECEIVED, ACCEPTED, fact('ClosingReportMade', '18/01')]), 'TT28-15').status).toBe('done');
    expect(of(tip([RECEIVED, ACCEPTED, fact('CriminalCaseInitiated', '22/01')]), 'TT28-15').status).toBe('cancelled');
    expect(rules(tip([{ ...RECEIVED, reportsTracked: false }, ACCEPTED]))).not.toContain('TT28-15');
  });

  it('owes a joint review 5 days before the end once a ground of suspension is found', () => {
    const facts = [RECEIVED, ACCEPTED, fact('SuspensionGroundFound', '15/01')];
    expect(of(tip(facts), 'TTLT0120-5-2').due).toBe('2026-01-21');
    expect(of(tip([...facts, fact('JointReviewHeld', '21/01')]), 'TTLT0120-5-2').status).toBe('done');
  });

  it('of sexual abuse of a minor owes a joint review 7 days before the end', () => {
    const owed = tip([
      RECEIVED,
      fact('CrimeTipClassified', '05/01 09:00', { competent: true, childSexualAbuse: true }),
      ACCEPTED,
    ]);
    expect(of(owed, 'TTLT0122-10-3').due).toBe('2026-01-19');
  });

  it('hands its file over within 5 days of a request by the procuracy', () => {
    const facts = [RECEIVED, ACCEPTED, fact('FileRequestedByProcuracy', '10/01')];
    expect(of(tip(facts), 'CPC-146-2B').due).toBe('2026-01-15');
    expect(of(tip([...facts, fact('FileHandedToProcuracy', '16/01')]), 'CPC-146-2B').status).toBe('breached');
  });

  it('that is merged into another owes nothing more', () => {
    const owed = tip([RECEIVED, ACCEPTED, fact('CrimeTipMerged', '07/01 07:00')]);
    expect(of(owed, 'CPC-147-1').status).toBe('cancelled');
    expect(owed.every(({ status }) => status !== 'open')).toBe(true);
  });
});

describe('a tip that was suspended', () => {
  const facts = [RECEIVED, ACCEPTED, fact('VerificationSuspended', '27/01 09:00', { ground: 'b' })];

  it('ends its clock and owes both notices in 24 hours', () => {
    const owed = tip(facts);
    expect(of(owed, 'CPC-147-1')).toMatchObject({ status: 'breached', doneAt: at('27/01 09:00') });
    expect(of(owed, 'CPC-148-2-SEND', 'procuracy').due).toBe(at('28/01 09:00'));
    expect(of(owed, 'CPC-148-2-SEND', 'informant').due).toBe(at('28/01 09:00'));
  });

  it('before the term had run out is done, with a warning (c-9)', () => {
    const clock = of(
      tip([RECEIVED, ACCEPTED, fact('VerificationSuspended', '20/01', { ground: 'none' })]),
      'CPC-147-1',
    );
    expect(clock.status).toBe('done');
    expect(clock.why.some(({ en }) => en.startsWith('Open (c-9)'))).toBe(true);
    expect(clock.why.some(({ en }) => en.startsWith('Open (c-8)'))).toBe(true);
  });

  it('on a ground that was not in force yet, or whose wording changed, says so', () => {
    const early = tip([
      fact('CrimeTipReceived', '01/06/2021'),
      fact('CrimeTipAccepted', '01/06/2021 09:00'),
      fact('VerificationSuspended', '25/06/2021', { ground: 'c' }),
    ]);
    expect(of(early, 'CPC-147-1').why.some(({ en }) => en.includes('Ground c of Art 148(1) was not in force'))).toBe(
      true,
    );
    const late = tip([
      fact('CrimeTipReceived', '01/07'),
      fact('CrimeTipAccepted', '01/07 09:00'),
      fact('VerificationSuspended', '22/07', { ground: 'a' }),
    ]);
    expect(of(late, 'CPC-147-1').why.some(({ cite }) => cite === 'Law 103/2025')).toBe(true);
    expect(groundsOn('CPC-148-SUSPEND', '2021-11-30').map(({ code }) => code)).toEqual(['a', 'b']);
    expect(groundsOn('CPC-247', '2026-01-01').map(({ code }) => code)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('gets a new month from resumption, not the remainder, and owes the notices in 3 days', () => {
    const owed = tip([...facts, fact('VerificationResumed', '15/04')]);
    expect(of(owed, 'CPC-149-1')).toMatchObject({
      from: '2026-04-15',
      due: '2026-05-15',
      status: 'open',
      requestBy: null,
    });
    expect(of(owed, 'CPC-149-2', 'procuracy').due).toBe('2026-04-18');
    expect(of(owed, 'CPC-149-2', 'informant').due).toBe('2026-04-18');
  });

  it('gets a month from receipt of a cancellation by the procuracy; a resumption after it adds no second month', () => {
    const cancelled = [...facts, fact('SuspensionCancelled', '10/02')];
    expect(of(tip(cancelled), 'CPC-148-2-AFTER-CANCEL').due).toBe('2026-03-10');
    const owed = tip([...cancelled, fact('VerificationResumed', '12/02')]);
    expect(rules(owed)).not.toContain('CPC-149-1');
    expect(of(owed, 'CPC-149-2', 'procuracy').due).toBe('2026-02-15');
  });

  it('has no extension of that month', () => {
    const resumed = [...facts, fact('VerificationResumed', '15/04')];
    for (const type of ['VerificationProlonged', 'ExtensionGranted']) {
      expect(() => tip([...resumed, fact(type, '20/04')])).toThrow(
        expect.objectContaining({ code: 'ExtensionLimitReached', position: 4 }),
      );
    }
  });

  it('suspended and resumed twice has two months, each its own', () => {
    const owed = tip([
      ...facts,
      fact('VerificationResumed', '15/04'),
      fact('VerificationSuspended', '15/05', { ground: 'a' }),
      fact('VerificationResumed', '01/06'),
    ]);
    expect(owed.filter(({ rule }) => rule === 'CPC-149-1').map(({ id, due }) => [id, due])).toEqual([
      ['CPC-149-1:1', '2026-05-15'],
      ['CPC-149-1:2', '2026-07-01'],
    ]);
  });
});

describe('a tip that was decided', () => {
  const declined = [RECEIVED, ACCEPTED, fact('InitiationDeclined', '20/01 09:00')];

  it('owes the decision to the procuracy in 24 hours and the result to the informant in 3 days', () => {
    const owed = tip(declined);
    expect(of(owed, 'CPC-INIT-SEND', 'procuracy').due).toBe(at('21/01 09:00'));
    expect(of(owed, 'TTLT17-14-3', 'informant').due).toBe('2026-01-23');
    const sent = tip([...declined, fact('NoticeSent', '20/01 10:00', { notice: 'result', recipient: 'informant' })]);
    expect(of(sent, 'TTLT17-14-3', 'informant').status).toBe('done');
  });

  it('leaves the procuracy 2 days to review a refusal, 3 an initiation, from receipt', () => {
    const got = fact('NoticeReceived', '21/01 09:00', { notice: 'initiation', recipient: 'procuracy' });
    expect(of(tip([...declined, got]), 'TTLT0418-7').due).toBe('2026-01-23');
    const initiated = [RECEIVED, ACCEPTED, fact('CriminalCaseInitiated', '20/01 09:00'), got];
    expect(of(tip(initiated), 'TTLT0418-7').due).toBe('2026-01-24');
    expect(of(tip([...initiated, fact('DecisionReviewed', '22/01')]), 'TTLT0418-7').status).toBe('done');
  });

  it('may be initiated after a refusal was set aside', () => {
    const owed = tip([...declined, fact('CriminalCaseInitiated', '20/02')]);
    expect(owed.filter(({ rule }) => rule === 'CPC-INIT-SEND')).toHaveLength(2);
  });

  it('takes no further act', () => {
    expect(() => tip([...declined, fact('CrimeTipAssigned', '21/01')])).toThrow(
      expect.objectContaining({ code: 'FactOutOfOrder', position: 3 }),
    );
  });
});

describe('the assignment of a prosecutor', () => {
  it('is owed in 3 working days from the day the procuracy has the assignment', () => {
    const facts = [
      RECEIVED,
      ACCEPTED,
      fact('CrimeTipAssigned', '07/01'),
      fact('NoticeReceived', '08/01', { notice: 'assignment', recipient: 'procuracy' }),
    ];
    // Saturday 10/01/2026 is a working day, swapped for 02/01.
    expect(of(tip(facts), 'TTLT17-10-2').due).toBe('2026-01-12');
    expect(of(tip([...facts, fact('ProsecutorAssigned', '12/01')]), 'TTLT17-10-2').status).toBe('done');
  });
});

describe('the status of a duty', () => {
  it('is open or breached by the moment it is asked for, and a day means its beginning', () => {
    const status = (now: string): string => of(tip([RECEIVED, ACCEPTED], { now }), 'CPC-147-1').status;
    expect(status('2026-01-26')).toBe('open');
    expect(status('2026-01-26T23:59:59+07:00')).toBe('open');
    expect(status('2026-01-27')).toBe('breached');
    expect(of(tip([RECEIVED, ACCEPTED]), 'CPC-147-1').status).toBe('open');
  });

  it('has its three instants: a day ends at 24:00', () => {
    const clock = of(tip([RECEIVED, ACCEPTED]), 'CPC-147-1');
    expect([safeMoment(clock), dueMoment(clock), breachMoment(clock)]).toEqual([
      '2026-01-26T00:00:00+07:00',
      '2026-01-27T00:00:00+07:00',
      '2026-01-27T00:00:00+07:00',
    ]);
    expect(breachMoment(of(tip([RECEIVED]), 'TTLT17-8-CLASSIFY'))).toBe('2026-01-06T08:00:00+07:00');
  });

  it('comes without reasons when none are asked for', () => {
    const input: MatterInput = { matter: 'crime-tip', facts: [RECEIVED, ACCEPTED] };
    const bare = obligationsOf(input, { why: false });
    expect(bare).toEqual(obligationsOf(input).map((obligation) => ({ ...obligation, why: [] })));
  });
});
