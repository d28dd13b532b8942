import { extensionsOf, isHalved } from './calculate-limit.js';
import type { Calendar } from './calendar.js';
import { ClockBook, isOwed, type Clock } from './clock-book.js';
import { dayOf, DELEGATED_KINDS, isTrue, refuseFact, type ReadFact } from './facts.js';
import { parseMoment, type LocalMicros } from './legal-date.js';
import { CRIME_CLASSES, ruleInForce, type CrimeClass, type Rule } from './rules.js';
import { baseStep, custodyDates, dayOfMoment, extensionStep, type Step } from './term.js';
import type { UnitOfMatter } from './crime-tip-clocks.js';

const PROSECUTION_RULES = ['CPC-240-1', 'CPC-461-1'] as const;
const DELEGATED_RULES = ['CPC-164-1A', 'CPC-164-1B'] as const;

/** What has happened to the case so far, as far as its clocks ask. */
interface Progress {
  initiatedAt: LocalMicros;
  class: CrimeClass | null;
  juvenile: boolean;
  complex: boolean;
  shortened: boolean;
  diverted: boolean;
  noticesTracked: boolean;
  investigation: Clock | null;
  prosecution: Clock | null;
  trial: Clock | null;
  custody: Clock | null;
  suspendedInvestigation: boolean;
  concluded: boolean;
  fileReceived: boolean;
  decision: string | null;
  atCourt: boolean;
  chargeReceived: boolean;
  discontinued: boolean;
  returns: Record<string, number>;
}

function outOfOrder(fact: ReadFact, needsVi: string, needsEn: string, needs: string): never {
  return refuseFact(
    fact.position,
    'FactOutOfOrder',
    `${fact.type} chỉ có thể xảy ra sau khi ${needsVi}`,
    `${fact.type} can only happen after ${needsEn}`,
    { given: fact.type, at: fact.source.at, needs },
  );
}

/**
 * The duties of one criminal case, from its facts in order of time (BLTTHS 151-277, 455-465; Law 59/2024).
 *
 * @throws LimitRefusal FactOutOfOrder, FieldMissing or ExtensionLimitReached with the position of the fact
 */
export function criminalCaseClocks(facts: readonly ReadFact[], unit: UnitOfMatter, calendar: Calendar): Clock[] {
  const book = new ClockBook(calendar);
  const first = facts[0];
  if (!first) return book.clocks;
  if (first.type !== 'CriminalCaseInitiated') {
    outOfOrder(first, 'vụ án được khởi tố', 'the case was initiated', 'CriminalCaseInitiated');
  }
  const kase = initiate(book, first, unit);
  for (let i = 1; i < facts.length; i += 1) apply(book, kase, facts[i]!);
  return book.clocks;
}

function initiate(book: ClockBook, fact: ReadFact, unit: UnitOfMatter): Progress {
  const kase: Progress = {
    initiatedAt: fact.at,
    class: classOf(fact),
    juvenile: isTrue(fact, 'juvenile'),
    complex: isTrue(fact, 'complex'),
    shortened: isTrue(fact, 'shortened'),
    diverted: false,
    noticesTracked: fact.source['noticesTracked'] !== false,
    investigation: null,
    prosecution: null,
    trial: null,
    custody: null,
    suspendedInvestigation: false,
    concluded: false,
    fileReceived: false,
    decision: null,
    atCourt: false,
    chargeReceived: false,
    discontinued: false,
    returns: {},
  };
  if (unit.kind !== null && DELEGATED_KINDS.includes(unit.kind)) {
    const simple = kase.class === 'IT' && isTrue(fact, 'flagrante') && !kase.complex;
    book.open(simple ? 'CPC-164-1A' : 'CPC-164-1B', fact);
  } else if (kase.shortened) {
    kase.investigation = book.open('CPC-460-1', fact);
  } else {
    kase.investigation = openByClass(book, kase, fact, 'CPC-172');
  }
  return kase;
}

function classOf(fact: ReadFact): CrimeClass | null {
  return (fact.source['class'] as CrimeClass | null | undefined) ?? null;
}

/** The class, needed to know a length. */
function knownClass(kase: Progress, fact: ReadFact): CrimeClass {
  if (kase.class !== null) return kase.class;
  return refuseFact(
    fact.position,
    'FieldMissing',
    `cần loại tội phạm (${CRIME_CLASSES.join(', ')}) của vụ án`,
    `the class of the offence (${CRIME_CLASSES.join(', ')}) is needed`,
    { given: null, allowed: CRIME_CLASSES },
    'class',
  );
}

function halved(kase: Progress, ruleId: string): boolean {
  const divertible = ruleId === 'CPC-240-1' || ruleId === 'CPC-277-1';
  const exempt = kase.complex || (kase.diverted && divertible);
  return isHalved(ruleId, kase.juvenile, dayOfMoment(kase.initiatedAt), exempt);
}

function openByClass(
  book: ClockBook,
  kase: Progress,
  fact: ReadFact,
  ruleId: string,
  start: LocalMicros = fact.at,
): Clock | null {
  const crimeClass = knownClass(kase, fact);
  const rule = ruleInForce(ruleId, dayOfMoment(start));
  if (!rule) return null;
  return book.open(ruleId, fact, {
    start,
    length: rule.limitByClass![crimeClass],
    class: crimeClass,
    halved: halved(kase, ruleId),
  });
}

function apply(book: ClockBook, kase: Progress, fact: ReadFact): void {
  const at = fact.at;
  switch (fact.type) {
    case 'CriminalCaseInitiated':
      return refuseFact(fact.position, 'FactRepeated', 'vụ án chỉ được khởi tố một lần', 'a case is initiated once', {
        given: fact.type,
        at: fact.source.at,
      });
    case 'ShortenedProcedureConditionsMet':
      book.open('CPC-457', fact);
      return;
    case 'ShortenedProcedureDecided':
      book.done('CPC-457', at);
      if (kase.investigation?.rule.id === 'CPC-172' && isOwed(kase.investigation)) {
        book.drop(kase.investigation, at);
        kase.investigation = book.open('CPC-460-1', fact, { start: kase.initiatedAt });
      }
      kase.shortened = true;
      return;
    case 'ShortenedProcedureCancelled':
      return endShortened(book, kase, fact);
    case 'CasesMerged': {
      const first = parseMoment(fact.source['firstInitiatedAt']);
      if (first !== null && first < kase.initiatedAt) kase.initiatedAt = first;
      return changeClass(book, kase, fact, graver(kase.class, classOf(fact)));
    }
    case 'ClassChanged': {
      const next = classOf(fact);
      if (next === null) {
        refuseFact(
          fact.position,
          'FieldMissing',
          'cần loại tội phạm mới',
          'the new class is needed',
          { given: null, allowed: CRIME_CLASSES },
          'class',
        );
      }
      return changeClass(book, kase, fact, next);
    }
    case 'InvestigationExtended':
      return extendByClass(
        book,
        kase.investigation,
        fact,
        'việc điều tra đang tiến hành',
        'an investigation that runs',
      );
    case 'InvestigationTransferred':
      for (const rule of DELEGATED_RULES) book.done(rule, at);
      // The investigation term continues at the receiving agency, it is not a new one (BLTTHS 169(5)).
      if (!kase.investigation) {
        kase.investigation = openByClass(book, kase, fact, 'CPC-172', kase.initiatedAt);
      }
      return;
    case 'InvestigationSuspended':
      endInvestigation(book, kase, fact);
      kase.suspendedInvestigation = true;
      if (kase.noticesTracked) book.open('CPC-229-3', fact);
      return;
    case 'InvestigationResumed':
      if (!kase.suspendedInvestigation && !kase.discontinued) {
        outOfOrder(fact, 'điều tra bị tạm đình chỉ', 'the investigation was suspended', 'InvestigationSuspended');
      }
      kase.suspendedInvestigation = false;
      kase.discontinued = false;
      kase.investigation = openByClass(book, kase, fact, 'CPC-174-1');
      if (kase.noticesTracked) book.open('CPC-229-3', fact);
      return;
    case 'InvestigationDiscontinued':
      endInvestigation(book, kase, fact);
      kase.discontinued = true;
      return;
    case 'DiscontinuationReceivedByProcuracy':
      if (!kase.discontinued) {
        outOfOrder(fact, 'điều tra bị đình chỉ', 'the investigation was discontinued', 'InvestigationDiscontinued');
      }
      book.open('CPC-230-3', fact);
      return;
    case 'DiscontinuationReviewed':
      book.done('CPC-230-3', at);
      return;
    case 'ChargeReceivedByProcuracy':
      kase.chargeReceived = true;
      book.open('CPC-179-3', fact);
      return;
    case 'ChargeSupplementReceived': {
      if (!kase.chargeReceived) {
        outOfOrder(
          fact,
          'Viện kiểm sát nhận quyết định khởi tố bị can',
          'the procuracy received the charge',
          'ChargeReceivedByProcuracy',
        );
      }
      const running = book.owed('CPC-179-3');
      if (running) book.revise(running, running.steps, fact, at);
      else book.open('CPC-179-3', fact);
      return;
    }
    case 'ChargeReviewed':
      book.done('CPC-179-3', at);
      return;
    case 'CustodyOrdered':
      return orderCustody(book, kase, fact);
    case 'CustodyEnded':
      if (!kase.custody) outOfOrder(fact, 'có lệnh tạm giam', 'custody was ordered', 'CustodyOrdered');
      book.finish(kase.custody, at);
      kase.custody = null;
      return;
    case 'SupplementaryFileReceived':
      return returnFile(book, kase, fact);
    case 'InvestigationConcluded':
      endInvestigation(book, kase, fact);
      for (const rule of DELEGATED_RULES) book.done(rule, at);
      kase.concluded = true;
      book.open('CPC-232-4', fact);
      return;
    case 'CaseFileReceived':
      return receiveFile(book, kase, fact);
    case 'CaseTransferred':
      if (!kase.fileReceived) {
        outOfOrder(fact, 'Viện kiểm sát nhận hồ sơ', 'the procuracy received the file', 'CaseFileReceived');
      }
      // The term runs anew for the competent procuracy (BLTTHS 239(2)); from the transfer until its receipt is recorded.
      if (kase.prosecution && isOwed(kase.prosecution)) book.drop(kase.prosecution, at);
      kase.decision = null;
      kase.prosecution = openProsecution(book, kase, fact);
      return;
    case 'DiversionNoticeIssued':
      kase.diverted = true;
      for (const clock of [kase.prosecution, kase.trial]) {
        if (clock && isOwed(clock) && clock.steps.some((step) => step.halved)) {
          book.revise(
            clock,
            clock.steps.map((step) => unhalved(step, clock.rule)),
            fact,
          );
        }
      }
      return;
    case 'ProsecutionTermExtended':
      return extendProsecution(book, kase, fact);
    case 'ProsecutionDecided':
      return decide(book, kase, fact);
    case 'CaseResumed':
      if (kase.decision !== 'suspend' && kase.decision !== 'discontinue') {
        outOfOrder(
          fact,
          'vụ án bị tạm đình chỉ hoặc đình chỉ',
          'the case was suspended or discontinued',
          'ProsecutionDecided',
        );
      }
      kase.decision = null;
      kase.prosecution = openProsecution(book, kase, fact);
      return;
    case 'CourtReceivedCase':
      if (kase.decision !== 'prosecute') {
        outOfOrder(fact, 'có quyết định truy tố', 'the decision to prosecute', 'ProsecutionDecided');
      }
      book.done('CPC-244-1', at);
      // The file goes to court with the record that the indictment was delivered.
      book.done('CPC-240-2', at);
      kase.atCourt = true;
      kase.trial = openByClass(book, kase, fact, 'CPC-277-1');
      return;
    case 'TrialPreparationExtended':
      return extendByClass(book, kase.trial, fact, 'Tòa án thụ lý vụ án', 'the court docketed the case');
    case 'CourtDecided':
      if (!kase.atCourt) outOfOrder(fact, 'Tòa án thụ lý vụ án', 'the court docketed the case', 'CourtReceivedCase');
      if (kase.trial && isOwed(kase.trial)) book.finish(kase.trial, at);
      return;
    case 'NoticeSent':
      if (fact.source['notice'] === 'suspension' || fact.source['notice'] === 'resumption') book.done('CPC-229-3', at);
      if (fact.source['notice'] === 'prosecution' || fact.source['notice'] === 'result') book.done('CPC-240-2', at);
      if (fact.source['notice'] === 'custody') book.done('CPC-244-2', at);
      return;
    default:
      return refuseFact(fact.position, 'FactUnknown', 'không có loại sự kiện này', 'no such type of fact', {
        given: fact.type,
      });
  }
}

function graver(a: CrimeClass | null, b: CrimeClass | null): CrimeClass | null {
  if (a === null || b === null) return a ?? b;
  return CRIME_CLASSES.indexOf(a) >= CRIME_CLASSES.indexOf(b) ? a : b;
}

function endInvestigation(book: ClockBook, kase: Progress, fact: ReadFact): void {
  if (kase.investigation && isOwed(kase.investigation)) book.finish(kase.investigation, fact.at);
  kase.investigation = null;
}

/** The shortened procedure is cancelled: the terms continue under the ordinary procedure (BLTTHS 458). */
function endShortened(book: ClockBook, kase: Progress, fact: ReadFact): void {
  if (!kase.shortened) {
    outOfOrder(fact, 'áp dụng thủ tục rút gọn', 'the shortened procedure applied', 'ShortenedProcedureDecided');
  }
  kase.shortened = false;
  if (kase.investigation && isOwed(kase.investigation)) {
    book.drop(kase.investigation, fact.at);
    kase.investigation = openByClass(book, kase, fact, 'CPC-172', kase.initiatedAt);
  }
  if (kase.prosecution && isOwed(kase.prosecution)) {
    const start = kase.prosecution.start;
    book.drop(kase.prosecution, fact.at);
    kase.prosecution = openByClass(book, kase, fact, 'CPC-240-1', start);
  }
}

/**
 * The class of the offence changes, or cases are merged: one term by the class from the first initiation, so that the time
 * used counts (TTLT 04/2018 Art 14). Extensions already granted stay, with the lengths of the new class.
 */
function changeClass(book: ClockBook, kase: Progress, fact: ReadFact, next: CrimeClass | null): void {
  kase.class = next;
  for (const clock of [kase.investigation, kase.prosecution]) {
    if (!clock || !isOwed(clock) || next === null || !clock.rule.limitByClass) continue;
    const half = halved(kase, clock.rule.id);
    const extensions = extensionsOf(clock.rule, next);
    const granted = clock.steps.filter((step) => step.by !== null);
    const steps: Step[] = [baseStep(clock.rule.id, clock.rule.limitByClass[next], half)];
    granted.forEach((step, i) => {
      const extension = extensions[i];
      if (extension) {
        steps.push(
          extensionStep(step.source, extension.by, extension.add, 'end', half, step.printedFrom, step.printedTo),
        );
      }
    });
    clock.class = next;
    book.revise(clock, steps, fact, clock.rule.id === 'CPC-172' ? kase.initiatedAt : clock.start);
    clock.notes.push({
      vi: 'Loại tội phạm thay đổi hoặc nhập vụ án: một thời hạn theo tội nặng hơn tính từ ngày khởi tố đầu tiên, trừ thời gian đã dùng (TTLT 04/2018 14).',
      en: 'The class changed or cases were merged: one term by the class from the first initiation, less the time used (TTLT 04/2018 Art 14).',
      cite: 'TTLT 04/2018 14',
    });
  }
}

function unhalved(step: Step, rule: Rule): Step {
  const whole =
    step.by === null
      ? baseStep(rule.id, step.length, false)
      : extensionStep(step.source, step.by, step.length, step.anchor, false);
  return { ...whole, printedFrom: step.printedFrom, printedTo: step.printedTo };
}

function extendByClass(book: ClockBook, clock: Clock | null, fact: ReadFact, needsVi: string, needsEn: string): void {
  if (!clock || !isOwed(clock)) outOfOrder(fact, needsVi, needsEn, 'a term that runs');
  const granted = clock.steps.length - 1;
  const extension = extensionsOf(clock.rule, clock.class)[granted];
  if (!extension) {
    const allowed = extensionsOf(clock.rule, clock.class).length;
    return refuseFact(
      fact.position,
      'ExtensionLimitReached',
      allowed === 0 ? `quy tắc ${clock.rule.id} không quy định gia hạn` : `chỉ được gia hạn ${allowed} lần`,
      allowed === 0 ? `rule ${clock.rule.id} states no extension` : `${allowed} extensions at most`,
      { given: granted + 1, allowed, rule: clock.rule.id, cite: clock.rule.cites[0] },
    );
  }
  const half = clock.steps[0]!.halved;
  book.extend(
    clock,
    clock.steps,
    extensionStep(clock.rule.id, extension.by, extension.add, 'end', half, dayOf(fact, 'from'), dayOf(fact, 'to')),
    fact,
  );
}

/** The head of the procuracy extends within one cap; the text gives no number of times, so a later grant replaces. */
function extendProsecution(book: ClockBook, kase: Progress, fact: ReadFact): void {
  const clock = kase.prosecution;
  if (!clock || !isOwed(clock) || clock.steps.length === 1 || dayOf(fact, 'to') === null) {
    return extendByClass(book, clock, fact, 'Viện kiểm sát nhận hồ sơ', 'the procuracy received the file');
  }
  const base = clock.steps[0]!;
  const extension = extensionsOf(clock.rule, clock.class)[0]!;
  book.extend(
    clock,
    [base],
    extensionStep(clock.rule.id, extension.by, extension.add, 'end', base.halved, null, dayOf(fact, 'to')),
    fact,
  );
}

function orderCustody(book: ClockBook, kase: Progress, fact: ReadFact): void {
  const printedTo = dayOf(fact, 'to');
  const months = (fact.source['months'] as number | null | undefined) ?? null;
  const heldDays = (fact.source['heldDays'] as number | null | undefined) ?? 0;
  const from = dayOf(fact, 'from') ?? dayOfMoment(fact.at);
  if (printedTo === null && (months === null || months === 0 || heldDays >= months * 30)) {
    refuseFact(
      fact.position,
      'FieldMissing',
      'cần ngày hết hạn ghi trong lệnh (to) hoặc số tháng (months) lớn hơn số ngày đã giữ',
      'the end printed in the order (to) is needed, or months longer than the days held',
      { given: { to: null, months, heldDays } },
      'to',
    );
  }
  if (kase.custody && isOwed(kase.custody)) book.finish(kase.custody, fact.at);
  const rule = ruleInForce('CPC-134-CUSTODY', from);
  if (!rule) return;
  const dates = custodyDates(from, months ?? 0, heldDays, printedTo);
  const clock = book.add(rule, fact, fact.at, [], dates, {});
  clock.custody = { months, heldDays, printedTo };
  if (printedTo !== null) {
    clock.printed = { from: dayOf(fact, 'from'), to: printedTo };
    if (months !== null && months > 0) {
      const computed = custodyDates(from, months, heldDays).nominal;
      if (computed !== printedTo) {
        clock.difference = {
          printed: clock.printed,
          computed: { from, to: computed },
          days: printedTo - computed,
          beyondCap: printedTo > computed,
        };
      }
    }
  }
  kase.custody = clock;
  if (kase.decision === 'prosecute' || kase.fileReceived) book.openBefore('CPC-244-2', fact, clock);
}

/** The file comes back for supplementary investigation: a new term, at most so many returns (BLTTHS 174(2)). */
function returnFile(book: ClockBook, kase: Progress, fact: ReadFact): void {
  const returner = fact.source['returner'];
  if (typeof returner !== 'string') {
    refuseFact(
      fact.position,
      'FieldMissing',
      'cần biết ai trả hồ sơ (returner)',
      'who returned the file (returner) is needed',
      { given: null, allowed: ['vks', 'court', 'presiding_judge', 'trial_panel'] },
      'returner',
    );
  }
  if (!kase.concluded) {
    outOfOrder(fact, 'kết thúc điều tra', 'the investigation was concluded', 'InvestigationConcluded');
  }
  const rule = ruleInForce('CPC-174-2', dayOfMoment(fact.at));
  if (!rule) return;
  const most: Readonly<Record<string, number>> = {
    ...rule.maxReturns!,
    court: rule.maxReturns!.presiding_judge + rule.maxReturns!.trial_panel,
  };
  const times = (kase.returns[returner] ?? 0) + 1;
  if (times > most[returner]!) {
    refuseFact(
      fact.position,
      'ReturnLimitReached',
      `chỉ được trả hồ sơ ${most[returner]} lần`,
      `${most[returner]} return${most[returner] === 1 ? '' : 's'} at most`,
      { given: times, allowed: most[returner], rule: rule.id, cite: rule.cites[0] },
    );
  }
  kase.returns[returner] = times;
  endInvestigation(book, kase, fact);
  if (kase.prosecution && isOwed(kase.prosecution)) book.drop(kase.prosecution, fact.at);
  kase.concluded = false;
  kase.fileReceived = false;
  kase.decision = null;
  kase.investigation = book.open('CPC-174-2', fact, {
    length: rule.limitByReturner![returner === 'vks' ? 'vks' : 'court'],
    class: kase.class,
  });
}

function receiveFile(book: ClockBook, kase: Progress, fact: ReadFact): void {
  if (!kase.concluded)
    outOfOrder(fact, 'kết thúc điều tra', 'the investigation was concluded', 'InvestigationConcluded');
  // BLTTHS 238(1): an incomplete file, or a conclusion not given to the accused, is not received; no clock starts.
  if (fact.source['complete'] === false || fact.source['conclusionDelivered'] === false) return;
  book.done('CPC-232-4', fact.at);
  for (const rule of DELEGATED_RULES) book.done(rule, fact.at);
  if (kase.prosecution && isOwed(kase.prosecution)) {
    if (kase.prosecution.trigger !== 'CaseTransferred') return;
    book.revise(kase.prosecution, kase.prosecution.steps, fact, fact.at);
    return;
  }
  kase.fileReceived = true;
  kase.decision = null;
  kase.prosecution = openProsecution(book, kase, fact);
  if (kase.custody && isOwed(kase.custody)) book.openBefore('CPC-244-2', fact, kase.custody);
}

function openProsecution(book: ClockBook, kase: Progress, fact: ReadFact): Clock | null {
  return kase.shortened ? book.open('CPC-461-1', fact) : openByClass(book, kase, fact, 'CPC-240-1');
}

function decide(book: ClockBook, kase: Progress, fact: ReadFact): void {
  const decision = fact.source['decision'];
  if (typeof decision !== 'string') {
    refuseFact(
      fact.position,
      'FieldMissing',
      'cần quyết định (decision)',
      'the decision is needed',
      { given: null, allowed: ['prosecute', 'return', 'suspend', 'discontinue', 'transfer'] },
      'decision',
    );
  }
  if (!kase.fileReceived) {
    outOfOrder(fact, 'Viện kiểm sát nhận hồ sơ', 'the procuracy received the file', 'CaseFileReceived');
  }
  for (const rule of PROSECUTION_RULES) book.done(rule, fact.at);
  kase.prosecution = null;
  kase.decision = decision;
  if (kase.shortened) {
    // BLTTHS 458: returning the file or suspending ends the shortened procedure.
    if (decision === 'return' || decision === 'suspend') kase.shortened = false;
    return;
  }
  const complex = kase.complex || isTrue(fact, 'complex');
  const length = (id: string): { length: Rule['limit'] & object } => {
    const rule = ruleInForce(id, dayOfMoment(fact.at))!;
    return { length: complex ? rule.limitIfComplex! : rule.limit! };
  };
  if (kase.noticesTracked) book.open('CPC-240-2', fact, length('CPC-240-2'));
  if (decision === 'prosecute') book.open('CPC-244-1', fact, length('CPC-244-1'));
}
