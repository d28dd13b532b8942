import { describe, expect, it } from '@jest/globals';
import {
  addDays,
  calculateLimit,
  legalDateOf,
  obligationsOf,
  type LimitAnswer,
  type LimitInput,
  type Obligation,
} from './index.js';

type Dates = Partial<Pick<LimitAnswer, 'nominal' | 'safeBy' | 'due' | 'latestArguable' | 'requestBy'>>;

function expectDates(input: LimitInput, dates: Dates): void {
  expect(calculateLimit(input)).toMatchObject(dates);
}

function one(obligations: readonly Obligation[], rule: string): Obligation {
  const found = obligations.filter((obligation) => obligation.rule === rule);
  expect(found).toHaveLength(1);
  return found[0]!;
}

describe('worked examples of the statute: a tip, 20 days (C.1)', () => {
  const examples: readonly [number, string, string, string, string, string][] = [
    [
      1,
      'received Monday 05/01/2026: the last day is a Sunday and does not roll literally',
      '2026-01-05',
      '2026-01-24',
      '2026-01-25',
      '2026-01-26',
    ],
    [
      2,
      'received on the first day of Tết 2024: it counts normally, over a leap day',
      '2024-02-10',
      '2024-02-29',
      '2024-03-01',
      '2024-03-01',
    ],
    [4, 'received 25/01/2024: ends on the last day off of Tết', '2024-01-25', '2024-02-13', '2024-02-14', '2024-02-15'],
    [5, 'received 08/01/2025: ends inside the Tết break', '2025-01-08', '2025-01-27', '2025-01-28', '2025-02-03'],
    [
      7,
      'received 14/04/2024: ends on a swapped Saturday, which is a working day',
      '2024-04-14',
      '2024-05-03',
      '2024-05-04',
      '2024-05-04',
    ],
    [
      8,
      'received 06/04/2025: ends on the swapped Saturday 26/04',
      '2025-04-06',
      '2025-04-25',
      '2025-04-26',
      '2025-04-26',
    ],
    [
      10,
      'received 02/08/2026: ends on the swapped Saturday 22/08',
      '2026-08-02',
      '2026-08-21',
      '2026-08-22',
      '2026-08-22',
    ],
    [
      12,
      'received 31/12/2024: runs across the end of the year',
      '2024-12-31',
      '2025-01-19',
      '2025-01-20',
      '2025-01-20',
    ],
  ];
  it.each(examples)('example %i: %s', (_number, _sentence, start, safeBy, due, latestArguable) => {
    expectDates({ rule: 'CPC-147-1', start }, { nominal: due, safeBy, due, latestArguable, requestBy: null });
  });
});

describe('worked examples of the statute: prolonged and extended (C.2)', () => {
  it('example 13: received 31/12/2023, two months end on the leap day; request by 24/02', () => {
    expectDates(
      { rule: 'CPC-147-1', start: '2023-12-31', prolonged: true },
      {
        nominal: '2024-02-29',
        safeBy: '2024-02-29',
        due: '2024-02-29',
        latestArguable: '2024-02-29',
        requestBy: '2024-02-24',
      },
    );
  });
  it('example 14: received 31/12/2024, two months end on 28/02; request by 23/02', () => {
    expectDates(
      { rule: 'CPC-147-1', start: '2024-12-31', prolonged: true },
      { nominal: '2025-02-28', due: '2025-02-28', requestBy: '2025-02-23' },
    );
  });
  it('example 17: received 30/06/2025, two months end in the break of 2 September and roll; request by 25/08', () => {
    expectDates(
      { rule: 'CPC-147-1', start: '2025-06-30', prolonged: true },
      {
        nominal: '2025-08-30',
        safeBy: '2025-08-30',
        due: '2025-09-03',
        latestArguable: '2025-09-03',
        requestBy: '2025-08-25',
      },
    );
  });
  it('example 19: received 10/01/2025, the extension runs from the nominal end and four months end on Monday 12/05', () => {
    expectDates(
      { rule: 'CPC-147-1', start: '2025-01-10', prolonged: true },
      { nominal: '2025-03-10', due: '2025-03-10', requestBy: '2025-03-05' },
    );
    expectDates(
      { rule: 'CPC-147-1', start: '2025-01-10', prolonged: true, extensions: 1 },
      { nominal: '2025-05-10', due: '2025-05-12', latestArguable: '2025-05-12', requestBy: '2025-03-05' },
    );
    const clock = one(
      obligationsOf({
        matter: 'crime-tip',
        facts: [
          { type: 'CrimeTipReceived', at: '2025-01-10T08:00:00+07:00' },
          { type: 'CrimeTipAccepted', at: '2025-01-10T09:00:00+07:00' },
          { type: 'VerificationProlonged', at: '2025-01-28T09:00:00+07:00' },
          { type: 'ExtensionRequested', at: '2025-03-05T09:00:00+07:00' },
          { type: 'ExtensionGranted', at: '2025-03-07T09:00:00+07:00' },
        ],
      }),
      'CPC-147-1',
    );
    expect(clock).toMatchObject({ from: '2025-01-10', nominal: '2025-05-10', due: '2025-05-12', requestBy: null });
    expect(clock.superseded.map(({ due, supersededBy }) => [due, supersededBy])).toEqual([
      ['2025-01-30', 'VerificationProlonged'],
      ['2025-03-10', 'ExtensionGranted'],
    ]);
  });
  it('example 21: the procuracy has the request on 05/03/2026 and three days end on a Sunday', () => {
    expectDates({ rule: 'TTLT17-11-2B', start: '2026-03-05' }, { due: '2026-03-08', latestArguable: '2026-03-09' });
  });
});

describe('worked examples of the statute: suspension and resumption (C.3)', () => {
  it('example 22: resumed 31/01/2024, one month ends on the leap day', () => {
    expectDates({ rule: 'CPC-149-1', start: '2024-01-31' }, { nominal: '2024-02-29', due: '2024-02-29' });
  });
  it('example 25: resumption decided 24/04/2026, three days end on a compensation day', () => {
    expectDates({ rule: 'CPC-149-2', start: '2026-04-24' }, { due: '2026-04-27', latestArguable: '2026-04-28' });
  });
});

describe('worked examples of the statute: hours, working days, notices (C.4)', () => {
  it('example 26: received 13/02/2026 16:40, 24 hours run through Tết', () => {
    const moment = '2026-02-14T16:40:00+07:00';
    expectDates(
      { rule: 'TTLT17-8-CLASSIFY', start: '2026-02-13T16:40:00+07:00' },
      { nominal: moment, safeBy: moment, due: moment, latestArguable: moment },
    );
  });
  it('example 27: received 28/02/2024 23:15 in a remote commune, 48 hours cross the leap day', () => {
    expectDates(
      { rule: 'TTLT17-8-5A', start: '2024-02-28T23:15:00+07:00', remote: true },
      { due: '2024-03-01T23:15:00+07:00', latestArguable: '2024-03-01T23:15:00+07:00' },
    );
  });
  it('example 29: received 25/04/2024, three working days end on 03/05; the three days of the Code on 28/04', () => {
    expectDates({ rule: 'TTLT17-14-1', start: '2024-04-25' }, { due: '2024-05-03', latestArguable: '2024-05-03' });
    expectDates({ rule: 'CPC-146-5', start: '2024-04-25' }, { due: '2024-04-28', latestArguable: '2024-05-03' });
  });
  it('example 30: received 02/05/2024, the swapped Saturday counts', () => {
    expectDates({ rule: 'TTLT17-14-1', start: '2024-05-02' }, { due: '2024-05-06' });
  });
  it('example 32: the competent body receives on 29/12/2025, three days end on New Year', () => {
    expectDates({ rule: 'TTLT17-9', start: '2025-12-29' }, { due: '2026-01-01', latestArguable: '2026-01-05' });
  });
});

describe('worked examples of the statute: investigation (C.5)', () => {
  it('example 33: serious, initiated 30/11/2023, three months end on the leap day; request by 19/02', () => {
    expectDates(
      { rule: 'CPC-172', start: '2023-11-30', class: 'NT' },
      { nominal: '2024-02-29', due: '2024-02-29', requestBy: '2024-02-19' },
    );
  });
  it('example 34: less serious, initiated 31/12/2025, two months roll to 02/03/2026', () => {
    expectDates({ rule: 'CPC-172', start: '2025-12-31', class: 'IT' }, { nominal: '2026-02-28', due: '2026-03-02' });
  });
  it('example 36: serious, initiated 07/05/2025, both extensions reach the cap of eight months', () => {
    const ends = [0, 1, 2].map(
      (extensions) => calculateLimit({ rule: 'CPC-172', start: '2025-05-07', class: 'NT', extensions }).due,
    );
    expect(ends).toEqual(['2025-08-07', '2025-11-07', '2026-01-07']);
  });
  it('example 38: juvenile accused, less serious, initiated 31/01/2026, half of two months rolls to 02/03', () => {
    expectDates(
      { rule: 'CPC-172', start: '2026-01-31', class: 'IT', juvenile: true, caseInitiatedOn: '2026-01-31' },
      { nominal: '2026-02-28', due: '2026-03-02', latestArguable: '2026-03-02' },
    );
  });
});

describe('worked examples of the statute: prosecution, shortened procedure, custody (C.6)', () => {
  it('example 40: extremely serious, file received 31/12/2025, 30 days and 30 more; indictment 27/02 to court by 02/03', () => {
    expectDates({ rule: 'CPC-240-1', start: '2025-12-31', class: 'DBNT' }, { due: '2026-01-30' });
    expectDates(
      { rule: 'CPC-240-1', start: '2025-12-31', class: 'DBNT', extensions: 1 },
      { due: '2026-03-01', latestArguable: '2026-03-02' },
    );
    expectDates({ rule: 'CPC-244-1', start: '2026-02-27' }, { due: '2026-03-02' });
  });
  it('example 41: shortened, initiated 24/01/2025, 20 days, then 5 days of prosecution', () => {
    expectDates({ rule: 'CPC-460-1', start: '2025-01-24' }, { due: '2025-02-13' });
    expectDates({ rule: 'CPC-461-1', start: '2025-02-13' }, { due: '2025-02-18' });
    const obligations = obligationsOf({
      matter: 'criminal-case',
      facts: [
        { type: 'CriminalCaseInitiated', at: '2025-01-24T09:00:00+07:00', class: 'IT', shortened: true },
        { type: 'InvestigationConcluded', at: '2025-02-13T09:00:00+07:00', proposesProsecution: true },
        { type: 'CaseFileReceived', at: '2025-02-13T15:00:00+07:00', complete: true },
      ],
    });
    expect(one(obligations, 'CPC-460-1')).toMatchObject({ due: '2025-02-13', status: 'done' });
    expect(one(obligations, 'CPC-461-1')).toMatchObject({ due: '2025-02-18', status: 'open' });
  });
  it('example 42: custody of two months after three days held ends on 29/04/2018, as in the circular', () => {
    expectDates(
      { rule: 'CPC-134-CUSTODY', start: '2018-03-04', months: 2, heldDays: 3 },
      { safeBy: '2018-04-29', due: '2018-04-29', latestArguable: '2018-04-29' },
    );
  });
  it('example 44: custody of two months from 05/01/2026 ends on 05/03/2026 and never rolls', () => {
    expectDates({ rule: 'CPC-134-CUSTODY', start: '2026-01-05', months: 2 }, { due: '2026-03-05' });
    expect(addDays('2026-01-05', 59)).toBe('2026-03-05');
    expect(legalDateOf('2026-03-04T17:30:00Z')).toBe('2026-03-05');
  });
});
