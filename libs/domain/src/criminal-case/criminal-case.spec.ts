import { describe, expect, it } from '@jest/globals';
import { RELEASED_HISTORY, RELEASED_LAW as law } from '@app/legal-time-limits';
import { aCase, givenCase, jan, LATER, onDay, signed } from '../../../../test/support/given-when-then.js';
import { prosecutionTerm } from './act-of-case.js';
import { concludeInvestigation } from './conclude-investigation.js';
import type { OpenCriminalCase } from './criminal-case.js';
import { decideProsecution, noteCourtReception, recordCourtOutcome } from './decide-prosecution.js';
import { extendProsecutionTerm } from './extend-prosecution-term.js';
import { receiveCaseFile } from './receive-case-file.js';
import { eventsOfCaseRow } from './register-row.js';
import { resumeInvestigation, suspendInvestigation } from './suspend-investigation.js';

const complete = { complete: true, conclusionDelivered: true };

describe('the file at the procuracy', () => {
  it('is not received before a conclusion that proposes prosecution', () => {
    givenCase(aCase.opened())
      .when(receiveCaseFile, { ...complete, happenedAt: jan(21), now: LATER })
      .thenRefused('FileBeforeConclusion');
    givenCase(aCase.opened(), aCase.concluded(jan(20), false))
      .when(receiveCaseFile, { ...complete, happenedAt: jan(21), now: LATER })
      .thenRefused('FileBeforeConclusion');
  });

  it('starts no term while it is incomplete, or the accused has not been given the conclusion', () => {
    for (const lacking of [
      { complete: false, conclusionDelivered: true },
      { complete: true, conclusionDelivered: false },
    ]) {
      const state = givenCase(aCase.opened(), aCase.concluded())
        .when(receiveCaseFile, { ...lacking, happenedAt: jan(21), now: LATER })
        .after() as OpenCriminalCase;
      expect(state.fileReceivedAt).toBeNull();
      expect(prosecutionTerm(state, law)).toBeNull();
    }
  });

  it('of a serious offence gives twenty days, of an extremely serious one thirty', () => {
    const due = (crimeClass: string) => {
      const state = givenCase(aCase.opened({ class: crimeClass }), aCase.concluded())
        .when(receiveCaseFile, { ...complete, happenedAt: jan(21), now: LATER })
        .after() as OpenCriminalCase;
      return prosecutionTerm(state, law)?.due;
    };
    expect(due('NT')).toBe('2026-02-10');
    expect(due('DBNT')).toBe('2026-02-20');
  });
});

describe('the prosecution term', () => {
  const atProcuracy = [aCase.opened(), aCase.concluded(), aCase.fileReceived()];

  it('is extended once, while it runs', () => {
    const extend = { happenedAt: onDay(2, 9), now: LATER, decision: signed('2026-02-09') };
    const outcome = givenCase(...atProcuracy).when(extendProsecutionTerm, { ...extend, law });
    expect(prosecutionTerm(outcome.after() as OpenCriminalCase, law)).toMatchObject({ due: '2026-02-20' });
    givenCase(...atProcuracy, ...outcome.events())
      .when(extendProsecutionTerm, { ...extend, law })
      .thenRefused('ProsecutionAlreadyExtended');
    givenCase(...atProcuracy)
      .when(extendProsecutionTerm, { law, happenedAt: onDay(3, 9), now: LATER, decision: signed('2026-03-09') })
      .thenRefused('ProsecutionExtensionAfterTimeLimit');
  });

  it('ends with one decision, which may be late', () => {
    const decide = {
      decision: 'prosecute' as const,
      happenedAt: onDay(6, 1),
      now: LATER,
      document: signed('2026-06-01'),
    };
    givenCase(...atProcuracy)
      .when(decideProsecution, decide)
      .then({ type: 'ProsecutionDecided' });
    givenCase(...atProcuracy, aCase.decided())
      .when(decideProsecution, decide)
      .thenRefused('ProsecutionAlreadyDecided');
    givenCase(aCase.opened(), aCase.concluded()).when(decideProsecution, decide).thenRefused('FileNotReceived');
  });

  it('begins anew with each return, and the procuracy returns a file at most twice', () => {
    const round = [aCase.concluded(onDay(3, 1)), aCase.fileReceived(onDay(3, 2))];
    const back = aCase.decided('return', onDay(3, 3));
    const returned = givenCase(...atProcuracy, aCase.decided('return'))
      .when(() => [], {})
      .after();
    expect(returned).toMatchObject({ status: 'returned', fileReceivedAt: null, returns: 1 });
    givenCase(...atProcuracy, aCase.decided('return'), ...round, back, ...round)
      .when(decideProsecution, {
        decision: 'return',
        happenedAt: onDay(4, 1),
        now: LATER,
        document: signed('2026-04-01'),
      })
      .thenRefused('TooManyReturns', { returns: 2 });
  });
});

describe('the investigation', () => {
  it('is concluded while it runs', () => {
    givenCase(aCase.opened(), aCase.concluded())
      .when(concludeInvestigation, { proposesProsecution: true, happenedAt: jan(25), now: LATER })
      .thenRefused('InvestigationNotRunning');
    givenCase()
      .when(concludeInvestigation, { proposesProsecution: true, happenedAt: jan(25), now: LATER })
      .thenRefused('CriminalCaseUnknown');
  });

  it('is suspended and resumed in that order', () => {
    givenCase(aCase.opened())
      .when(resumeInvestigation, { happenedAt: jan(9), now: LATER })
      .thenRefused('InvestigationNotSuspended');
    const suspended = givenCase(aCase.opened())
      .when(suspendInvestigation, { happenedAt: jan(9), now: LATER })
      .events();
    givenCase(aCase.opened(), ...suspended)
      .when(concludeInvestigation, { proposesProsecution: true, happenedAt: jan(10), now: LATER })
      .thenRefused('InvestigationNotRunning');
    givenCase(aCase.opened(), ...suspended)
      .when(resumeInvestigation, { happenedAt: jan(12), now: LATER })
      .then({ type: 'InvestigationResumed' });
  });
});

describe('the court', () => {
  it('receives what was prosecuted, and its outcome is by accused', () => {
    givenCase(aCase.opened())
      .when(noteCourtReception, { happenedAt: jan(9), now: LATER })
      .thenRefused('ProsecutionNotDecided');
    givenCase(aCase.opened(), aCase.concluded(), aCase.fileReceived(), aCase.decided())
      .when(recordCourtOutcome, {
        convictedSameOffence: 2,
        convictedOtherOffence: 1,
        happenedAt: onDay(4, 1),
        now: LATER,
      })
      .then({ type: 'CourtOutcomeRecorded', data: { convictedSameOffence: 2, convictedOtherOffence: 1 } });
  });
});

describe('a row of an imported case register', () => {
  const key = { caseId: aCase.id, tipId: null, unitCode: 'PC-80', supervisedBy: 'VKS-80', caseNumber: '7', year: 2026 };
  const row = {
    initiatedAt: jan(5),
    category: 'theft',
    article: 173,
    clause: 2,
    class: 'NT',
    accusedCount: 2,
    juvenile: false,
    shortened: false,
    investigationExtendedTo: null,
    investigationSuspendedAt: null,
    investigationResumedAt: null,
    concludedAt: jan(20),
    proposesProsecution: true,
    fileReceivedAt: jan(21),
    prosecutionExtendedOn: null,
    prosecutionExtendedTo: null,
    decision: 'prosecute',
    decidedAt: onDay(2, 2),
    courtReceivedAt: onDay(2, 4),
    courtDecidedAt: null,
    convictedSameOffenceCount: null,
    convictedOtherOffenceCount: null,
    assetsToRecover: null,
    assetsRecovered: null,
  } as const;

  it('becomes the acts that it records', () => {
    expect(eventsOfCaseRow({ status: 'unknown' }, key, row, LATER, RELEASED_HISTORY).map(({ type }) => type)).toEqual([
      'CriminalCaseOpened',
      'CaseNumberAssigned',
      'InvestigationConcluded',
      'CaseFileReceived',
      'ProsecutionDecided',
      'CourtReceivedCase',
    ]);
  });

  it('continues the case that its tip has opened', () => {
    const open = givenCase(aCase.opened())
      .when(() => [], {})
      .after();
    expect(eventsOfCaseRow(open, key, row, LATER, RELEASED_HISTORY)[0]).toMatchObject({ type: 'CaseNumberAssigned' });
  });

  it('names the column whose act a rule refuses', () => {
    const columns: string[] = [];
    const reversed = { ...row, fileReceivedAt: jan(10) };
    expect(() =>
      eventsOfCaseRow({ status: 'unknown' }, key, reversed, LATER, RELEASED_HISTORY, (column) => columns.push(column)),
    ).toThrow(/ActBeforeCause/);
    expect(columns.at(-1)).toBe('file_received_at');
  });
});
