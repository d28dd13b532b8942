import { describe, expect, it } from '@jest/globals';
import { obligationsOf, type Fact, type Obligation } from './index.js';

function fact(type: string, day: string, fields: Record<string, unknown> = {}): Fact {
  return { type, at: `${day}T09:00:00+07:00`, ...fields };
}

function criminalCase(facts: readonly Fact[], unit: Record<string, unknown> = {}): Obligation[] {
  return obligationsOf({ matter: 'criminal-case', unit, facts });
}

function all(obligations: readonly Obligation[], rule: string): Obligation[] {
  return obligations.filter((obligation) => obligation.rule === rule);
}

function of(obligations: readonly Obligation[], rule: string): Obligation {
  expect(all(obligations, rule)).toHaveLength(1);
  return all(obligations, rule)[0]!;
}

const INITIATED = fact('CriminalCaseInitiated', '2025-05-07', { class: 'NT' });
const CONCLUDED = fact('InvestigationConcluded', '2025-08-01', { proposesProsecution: true });
const FILE = fact('CaseFileReceived', '2025-08-03', { complete: true, conclusionDelivered: true });
const AT_PROCURACY = [INITIATED, CONCLUDED, FILE];

describe('an investigation', () => {
  it('runs by the class of the offence and is extended in its chain, each from the nominal end before', () => {
    const facts = [INITIATED, fact('InvestigationExtended', '2025-08-01'), fact('InvestigationExtended', '2025-11-01')];
    const clock = of(criminalCase(facts), 'CPC-172');
    expect(clock).toMatchObject({ due: '2026-01-07', requestBy: null, owedBy: 'investigating_body' });
    expect(clock.superseded.map(({ due }) => due)).toEqual(['2025-08-07', '2025-11-07']);
    expect(of(criminalCase([INITIATED]), 'CPC-172').requestBy).toBe('2025-07-28');
    expect(() => criminalCase([...facts, fact('InvestigationExtended', '2026-01-01')])).toThrow(
      expect.objectContaining({ code: 'ExtensionLimitReached', position: 3 }),
    );
  });

  it('ends on the printed day of an extension', () => {
    const clock = of(
      criminalCase([INITIATED, fact('InvestigationExtended', '2025-08-01', { to: '2025-10-31' })]),
      'CPC-172',
    );
    expect(clock).toMatchObject({ due: '2025-10-31', mismatch: { days: -7, beyondCap: false } });
  });

  it('may be opened under the name CriminalCaseOpened', () => {
    expect(criminalCase([{ ...INITIATED, type: 'CriminalCaseOpened' }])).toEqual(criminalCase([INITIATED]));
  });

  it('needs the class of the offence', () => {
    expect(() => criminalCase([fact('CriminalCaseInitiated', '2025-05-07')])).toThrow(
      expect.objectContaining({ code: 'FieldMissing', position: 0, field: 'facts[0].class' }),
    );
  });

  it('takes the term of a graver class from the first initiation: the time used counts', () => {
    const clock = of(criminalCase([INITIATED, fact('ClassChanged', '2025-06-20', { class: 'RNT' })]), 'CPC-172');
    expect(clock).toMatchObject({ from: '2025-05-07', nominal: '2025-09-07', due: '2025-09-08' });
    expect(clock.superseded).toHaveLength(1);
  });

  it('of merged cases takes one term by the gravest class from the first initiation', () => {
    const merged = fact('CasesMerged', '2025-06-20', { firstInitiatedAt: '2025-04-01T08:00:00+07:00', class: 'DBNT' });
    expect(of(criminalCase([INITIATED, merged]), 'CPC-172')).toMatchObject({
      from: '2025-04-01',
      nominal: '2025-08-01',
    });
    const lighter = { ...merged, class: 'IT' };
    expect(of(criminalCase([INITIATED, lighter]), 'CPC-172').nominal).toBe('2025-07-01');
  });

  it('suspended ends, is notified in 2 days, and gets a new term on resumption', () => {
    const facts = [INITIATED, fact('InvestigationSuspended', '2025-08-01')];
    expect(of(criminalCase(facts), 'CPC-172').status).toBe('done');
    expect(of(criminalCase(facts), 'CPC-229-3').due).toBe('2025-08-03');
    const resumed = criminalCase([
      ...facts,
      fact('InvestigationResumed', '2025-10-10'),
      fact('InvestigationExtended', '2025-12-01'),
    ]);
    expect(of(resumed, 'CPC-174-1')).toMatchObject({ from: '2025-10-10', nominal: '2026-02-10' });
    expect(all(resumed, 'CPC-229-3')).toHaveLength(2);
  });

  it('concluded owes conclusion and file to the procuracy in 2 days', () => {
    expect(of(criminalCase([INITIATED, CONCLUDED]), 'CPC-232-4')).toMatchObject({ due: '2025-08-03', status: 'open' });
    expect(of(criminalCase(AT_PROCURACY), 'CPC-232-4').status).toBe('done');
    expect(all(criminalCase([INITIATED, { ...CONCLUDED, deliveryTracked: false }]), 'CPC-232-4')).toEqual([]);
  });

  it('of a delegated body sends the file within a month when simple, within 7 days otherwise', () => {
    const unit = { kind: 'border_guard' };
    const simple = fact('CriminalCaseInitiated', '2026-01-31', { class: 'IT', flagrante: true });
    expect(of(criminalCase([simple], unit), 'CPC-164-1A').due).toBe('2026-03-02');
    expect(of(criminalCase([{ ...simple, complex: true }], unit), 'CPC-164-1B').due).toBe('2026-02-07');
    const handed = criminalCase([INITIATED, fact('InvestigationTransferred', '2025-05-12')], unit);
    expect(of(handed, 'CPC-164-1B').status).toBe('done');
    expect(of(handed, 'CPC-172').from).toBe('2025-05-07');
  });
});

describe('a supplementary investigation', () => {
  it('has two months when the procuracy returned the file, one when the court did', () => {
    const returned = fact('ProsecutionDecided', '2025-08-20', { decision: 'return' });
    const back = (returner: string): Fact => fact('SupplementaryFileReceived', '2025-08-22', { returner });
    expect(of(criminalCase([...AT_PROCURACY, returned, back('vks')]), 'CPC-174-2').nominal).toBe('2025-10-22');
    expect(of(criminalCase([...AT_PROCURACY, returned, back('trial_panel')]), 'CPC-174-2').nominal).toBe('2025-09-22');
  });

  it('is ordered at most twice by the procuracy, and each round has a new prosecution term', () => {
    const round = (month: string): Fact[] => [
      fact('ProsecutionDecided', `2025-${month}-10`, { decision: 'return' }),
      fact('SupplementaryFileReceived', `2025-${month}-12`, { returner: 'vks' }),
      fact('InvestigationConcluded', `2025-${month}-20`, { proposesProsecution: true }),
      fact('CaseFileReceived', `2025-${month}-22`, { complete: true }),
    ];
    const twice = [...AT_PROCURACY, ...round('08'), ...round('09')];
    expect(all(criminalCase(twice), 'CPC-240-1').map(({ from }) => from)).toEqual([
      '2025-08-03',
      '2025-08-22',
      '2025-09-22',
    ]);
    expect(() => criminalCase([...twice, ...round('10')])).toThrow(
      expect.objectContaining({ code: 'ReturnLimitReached', position: 12 }),
    );
  });
});

describe('a decision on prosecution', () => {
  it('is owed in 20 or 30 days from a complete file, extended by the head within one cap', () => {
    expect(of(criminalCase(AT_PROCURACY), 'CPC-240-1')).toMatchObject({
      owedBy: 'procuracy',
      due: '2025-08-23',
      latestArguable: '2025-08-25',
    });
    const extended = [...AT_PROCURACY, fact('ProsecutionTermExtended', '2025-08-20', { to: '2025-08-28' })];
    expect(of(criminalCase(extended), 'CPC-240-1').due).toBe('2025-08-28');
    const again = [...extended, fact('ProsecutionTermExtended', '2025-08-27', { to: '2025-09-02' })];
    const clock = of(criminalCase(again), 'CPC-240-1');
    expect(clock).toMatchObject({ due: '2025-09-02', latestArguable: '2025-09-03', mismatch: null });
    expect(clock.superseded.map(({ due }) => due)).toEqual(['2025-08-23', '2025-08-28']);
  });

  it('does not run on an incomplete file, nor before the accused has the conclusion', () => {
    for (const fields of [{ complete: false }, { complete: true, conclusionDelivered: false }]) {
      const owed = criminalCase([INITIATED, CONCLUDED, fact('CaseFileReceived', '2025-08-03', fields)]);
      expect(all(owed, 'CPC-240-1')).toEqual([]);
      expect(of(owed, 'CPC-232-4').status).toBe('open');
    }
  });

  it('starts anew at the procuracy to which the case is transferred, from its receipt of the file', () => {
    const moved = [...AT_PROCURACY, fact('CaseTransferred', '2025-08-10')];
    const clocks = all(criminalCase(moved), 'CPC-240-1');
    expect(clocks.map(({ from, due, status }) => [from, due, status])).toEqual([
      ['2025-08-03', '2025-08-23', 'cancelled'],
      ['2025-08-10', '2025-08-30', 'open'],
    ]);
    const received = all(
      criminalCase([...moved, fact('CaseFileReceived', '2025-08-14', { complete: true })]),
      'CPC-240-1',
    );
    expect(received[1]).toMatchObject({ from: '2025-08-14', due: '2025-09-03' });
    expect(received[1]!.superseded.map(({ due }) => due)).toEqual(['2025-08-30']);
  });

  it('starts in full again when a suspended case is resumed', () => {
    const owed = criminalCase([
      ...AT_PROCURACY,
      fact('ProsecutionDecided', '2025-08-22', { decision: 'suspend' }),
      fact('CaseResumed', '2025-11-03'),
    ]);
    expect(all(owed, 'CPC-240-1').map(({ from, due, status }) => [from, due, status])).toEqual([
      ['2025-08-03', '2025-08-23', 'done'],
      ['2025-11-03', '2025-11-23', 'open'],
    ]);
  });

  it('suspended on a ground that asks for an expired term says so when it has not expired', () => {
    const suspended = (ground: string): string =>
      of(
        criminalCase([...AT_PROCURACY, fact('ProsecutionDecided', '2025-08-10', { decision: 'suspend', ground })]),
        'CPC-240-1',
      )
        .why.map(({ en }) => en)
        .join();
    expect(suspended('d')).toContain('Art 247(1) asks for an expired term');
    expect(suspended('a')).not.toContain('Art 247(1)');
  });

  it('owes notice and the hand-over to court in 3 days, 10 in a complex case', () => {
    const decided = fact('ProsecutionDecided', '2025-08-20', { decision: 'prosecute' });
    const owed = criminalCase([...AT_PROCURACY, decided]);
    expect(of(owed, 'CPC-240-1').status).toBe('done');
    expect([of(owed, 'CPC-240-2').due, of(owed, 'CPC-244-1').due]).toEqual(['2025-08-23', '2025-08-23']);
    const complex = criminalCase([...AT_PROCURACY, { ...decided, complex: true }]);
    expect([of(complex, 'CPC-240-2').due, of(complex, 'CPC-244-1').due]).toEqual(['2025-08-30', '2025-08-30']);
    const atCourt = criminalCase([...AT_PROCURACY, decided, fact('CourtReceivedCase', '2025-08-22')]);
    expect([of(atCourt, 'CPC-240-2').status, of(atCourt, 'CPC-244-1').status]).toEqual(['done', 'done']);
    expect(of(atCourt, 'CPC-277-1')).toMatchObject({ owedBy: 'court', due: '2025-10-06' });
  });

  it('claims no notices where they are not tracked', () => {
    const untracked = { ...INITIATED, noticesTracked: false };
    const owed = criminalCase([
      untracked,
      CONCLUDED,
      FILE,
      fact('ProsecutionDecided', '2025-08-20', { decision: 'discontinue' }),
    ]);
    expect(all(owed, 'CPC-240-2')).toEqual([]);
  });

  it('late is a breach with its day', () => {
    const decided = criminalCase([
      ...AT_PROCURACY,
      fact('ProsecutionDecided', '2025-08-26', { decision: 'prosecute' }),
    ]);
    expect(of(decided, 'CPC-240-1')).toMatchObject({ status: 'breached', doneAt: '2025-08-26T09:00:00+07:00' });
  });
});

describe('a juvenile accused', () => {
  const juvenile = fact('CriminalCaseInitiated', '2026-01-05', { class: 'NT', juvenile: true });

  it('halves the terms of cases initiated from 01/01/2026, with both readings of half of three months', () => {
    const clock = of(criminalCase([juvenile]), 'CPC-172');
    // 1 month 15 days is 20/02 (Tết, rolls to 23/02); 45 days are 19/02.
    expect(clock).toMatchObject({
      nominal: '2026-02-20',
      safeBy: '2026-02-19',
      due: '2026-02-23',
      latestArguable: '2026-02-23',
    });
    expect(clock.why.some(({ en }) => en.startsWith('Open (c-16)'))).toBe(true);
  });

  it('halves extensions in due; the full extension stays arguable', () => {
    const clock = of(criminalCase([juvenile, fact('InvestigationExtended', '2026-02-10')]), 'CPC-172');
    expect(clock).toMatchObject({ nominal: '2026-04-04', due: '2026-04-06', latestArguable: '2026-05-20' });
  });

  it('keeps the full term in a case opened before, and in an especially complex one', () => {
    expect(of(criminalCase([{ ...juvenile, at: '2025-12-31T09:00:00+07:00' }]), 'CPC-172').nominal).toBe('2026-03-31');
    expect(of(criminalCase([{ ...juvenile, complex: true }]), 'CPC-172').nominal).toBe('2026-04-05');
  });

  it('gets the full prosecution term back on a diversion notice', () => {
    const facts = [
      juvenile,
      fact('InvestigationConcluded', '2026-02-02', { proposesProsecution: true }),
      fact('CaseFileReceived', '2026-02-03', { complete: true }),
    ];
    expect(of(criminalCase(facts), 'CPC-240-1').due).toBe('2026-02-13');
    const diverted = of(criminalCase([...facts, fact('DiversionNoticeIssued', '2026-02-06')]), 'CPC-240-1');
    expect(diverted.due).toBe('2026-02-23');
    expect(diverted.superseded.map(({ due }) => due)).toEqual(['2026-02-13']);
  });
});

describe('the shortened procedure', () => {
  const shortened = fact('CriminalCaseInitiated', '2025-01-24', { class: 'IT', shortened: true });

  it('is decided within 24 hours of its conditions', () => {
    const owed = criminalCase([{ ...INITIATED, class: 'IT' }, fact('ShortenedProcedureConditionsMet', '2025-05-08')]);
    expect(of(owed, 'CPC-457').due).toBe('2025-05-09T09:00:00+07:00');
    const decided = criminalCase([
      { ...INITIATED, class: 'IT' },
      fact('ShortenedProcedureConditionsMet', '2025-05-08'),
      fact('ShortenedProcedureDecided', '2025-05-09'),
    ]);
    expect(of(decided, 'CPC-457').status).toBe('done');
    expect(of(decided, 'CPC-172').status).toBe('cancelled');
    expect(of(decided, 'CPC-460-1').due).toBe('2025-05-27');
  });

  it('cancelled, the ordinary terms continue from initiation', () => {
    const owed = criminalCase([shortened, fact('ShortenedProcedureCancelled', '2025-02-05')]);
    expect(of(owed, 'CPC-460-1').status).toBe('cancelled');
    expect(of(owed, 'CPC-172')).toMatchObject({ from: '2025-01-24', nominal: '2025-03-24' });
  });
});

describe('papers before the procuracy', () => {
  it('a charge is reviewed in 3 days, again in 3 after a supplement', () => {
    const facts = [INITIATED, fact('ChargeReceivedByProcuracy', '2025-05-12')];
    expect(of(criminalCase(facts), 'CPC-179-3').due).toBe('2025-05-15');
    const supplemented = of(criminalCase([...facts, fact('ChargeSupplementReceived', '2025-05-14')]), 'CPC-179-3');
    expect(supplemented).toMatchObject({ from: '2025-05-14', due: '2025-05-17', latestArguable: '2025-05-19' });
    expect(of(criminalCase([...facts, fact('ChargeReviewed', '2025-05-15')]), 'CPC-179-3').status).toBe('done');
  });

  it('a discontinuation is reviewed in 15 days', () => {
    const owed = criminalCase([
      INITIATED,
      fact('InvestigationDiscontinued', '2025-06-02'),
      fact('DiscontinuationReceivedByProcuracy', '2025-06-03'),
      fact('DiscontinuationReviewed', '2025-06-18'),
    ]);
    expect(of(owed, 'CPC-230-3')).toMatchObject({ due: '2025-06-18', status: 'done' });
    expect(of(owed, 'CPC-172').status).toBe('done');
  });
});

describe('custody', () => {
  it('ends on the day printed in the order; the computed day is the cross-check', () => {
    const order = fact('CustodyOrdered', '2026-01-05', { months: 2, to: '2026-03-05' });
    const base = fact('CriminalCaseInitiated', '2026-01-05', { class: 'NT' });
    expect(of(criminalCase([base, order]), 'CPC-134-CUSTODY')).toMatchObject({ due: '2026-03-05', mismatch: null });
    const differs = of(criminalCase([base, { ...order, to: '2026-03-08' }]), 'CPC-134-CUSTODY');
    expect(differs).toMatchObject({ due: '2026-03-08', latestArguable: '2026-03-08', mismatch: { days: 3 } });
    expect(of(criminalCase([base, order, fact('CustodyEnded', '2026-03-05')]), 'CPC-134-CUSTODY').status).toBe('done');
  });

  it('before trial is told to the court 7 days before it ends', () => {
    const facts = [...AT_PROCURACY, fact('CustodyOrdered', '2025-08-04', { months: 1 })];
    const owed = criminalCase(facts);
    expect(of(owed, 'CPC-134-CUSTODY').due).toBe('2025-09-02');
    expect(of(owed, 'CPC-244-2')).toMatchObject({ owedBy: 'procuracy', due: '2025-08-26' });
    const told = criminalCase([...facts, fact('NoticeSent', '2025-08-25', { notice: 'custody', recipient: 'court' })]);
    expect(of(told, 'CPC-244-2').status).toBe('done');
  });
});

describe('the trial', () => {
  it('is prepared by class, extended once by the chief judge, and ends with the outcome', () => {
    const facts = [
      ...AT_PROCURACY,
      fact('ProsecutionDecided', '2025-08-20', { decision: 'prosecute' }),
      fact('CourtReceivedCase', '2025-08-22'),
      fact('TrialPreparationExtended', '2025-10-01'),
    ];
    expect(of(criminalCase(facts), 'CPC-277-1').due).toBe('2025-10-21');
    expect(of(criminalCase([...facts, fact('CourtOutcomeRecorded', '2025-10-20')]), 'CPC-277-1').status).toBe('done');
  });
});
