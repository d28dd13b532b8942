import { isOwed, type ClockBook } from './clock-book.js';
import { classOf, halved, openByClass, type CaseProgress } from './case-progress.js';
import { dayOf, DELEGATED_KINDS, isTrue, outOfOrder, refuseFact, type ReadFact, type UnitOfMatter } from './facts.js';
import { extensionsOf } from './limit-length.js';
import { CRIME_CLASSES, type CrimeClass } from './rule.js';
import { baseStep, custodyDates, dayOfMoment, extensionStep, type Step } from './term.js';

/** The case is initiated: the investigation term, or that of a delegated body, starts. */
export function initiate(book: ClockBook, fact: ReadFact, unit: UnitOfMatter): CaseProgress {
  const matter: CaseProgress = {
    initiatedAt: fact.at,
    // The shortened procedure is for less serious offences only (BLTTHS 456(1)).
    class: classOf(fact) ?? (isTrue(fact, 'shortened') ? 'IT' : null),
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
    const simple = matter.class === 'IT' && isTrue(fact, 'flagrante') && !matter.complex;
    book.open(simple ? 'CPC-164-1A' : 'CPC-164-1B', fact);
  } else if (matter.shortened) {
    matter.investigation = book.open('CPC-460-1', fact);
  } else {
    matter.investigation = openByClass(book, matter, fact, 'CPC-172');
  }
  return matter;
}

/** The graver of two classes. */
export function graver(a: CrimeClass | null, b: CrimeClass | null): CrimeClass | null {
  if (a === null || b === null) return a ?? b;
  return CRIME_CLASSES.indexOf(a) >= CRIME_CLASSES.indexOf(b) ? a : b;
}

/** The running investigation term has done its duty. */
export function endInvestigation(book: ClockBook, matter: CaseProgress, fact: ReadFact): void {
  if (matter.investigation && isOwed(matter.investigation)) book.finish(matter.investigation, fact.at);
  matter.investigation = null;
}

/** The shortened procedure is cancelled: the terms continue under the ordinary procedure (BLTTHS 458). */
export function endShortened(book: ClockBook, matter: CaseProgress, fact: ReadFact): void {
  if (!matter.shortened) {
    outOfOrder(fact, 'áp dụng thủ tục rút gọn', 'the shortened procedure applied', 'ShortenedProcedureDecided');
  }
  matter.shortened = false;
  if (matter.investigation && isOwed(matter.investigation)) {
    book.drop(matter.investigation, fact.at);
    matter.investigation = openByClass(book, matter, fact, 'CPC-172', matter.initiatedAt);
  }
  if (matter.prosecution && isOwed(matter.prosecution)) {
    const start = matter.prosecution.start;
    book.drop(matter.prosecution, fact.at);
    matter.prosecution = openByClass(book, matter, fact, 'CPC-240-1', start);
  }
}

/**
 * The class of the offence changes, or cases are merged: one term by the class from the first initiation, so that the time
 * used counts (TTLT 04/2018 Art 14). Extensions already granted stay, with the lengths of the new class.
 */
export function changeClass(book: ClockBook, matter: CaseProgress, fact: ReadFact, next: CrimeClass | null): void {
  matter.class = next;
  for (const clock of [matter.investigation, matter.prosecution]) {
    if (!clock || !isOwed(clock) || next === null || !clock.rule.limitByClass) continue;
    const half = halved(matter, clock.rule.id);
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
    book.revise(clock, steps, fact, clock.rule.id === 'CPC-172' ? matter.initiatedAt : clock.start);
    clock.notes.push({
      vi: 'Loại tội phạm thay đổi hoặc nhập vụ án: một thời hạn theo tội nặng hơn tính từ ngày khởi tố đầu tiên, trừ thời gian đã dùng (TTLT 04/2018 14).',
      en: 'The class changed or cases were merged: one term by the class from the first initiation, less the time used (TTLT 04/2018 Art 14).',
      cite: 'TTLT 04/2018 14',
    });
  }
}

/** Custody is ordered: its end is the one printed in the order (BLTTHS 134(1)). */
export function orderCustody(book: ClockBook, matter: CaseProgress, fact: ReadFact): void {
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
  if (matter.custody && isOwed(matter.custody)) book.finish(matter.custody, fact.at);
  const rule = book.rules.inForce('CPC-134-CUSTODY', from);
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
  matter.custody = clock;
  if (matter.decision === 'prosecute' || matter.fileReceived) book.openBefore('CPC-244-2', fact, clock);
}

/** The file comes back for supplementary investigation: a new term, at most so many returns (BLTTHS 174(2)). */
export function returnFile(book: ClockBook, matter: CaseProgress, fact: ReadFact): void {
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
  if (!matter.concluded) {
    outOfOrder(fact, 'kết thúc điều tra', 'the investigation was concluded', 'InvestigationConcluded');
  }
  const rule = book.rules.inForce('CPC-174-2', dayOfMoment(fact.at));
  if (!rule) return;
  const most: Readonly<Record<string, number>> = {
    ...rule.maxReturns!,
    court: rule.maxReturns!.presiding_judge + rule.maxReturns!.trial_panel,
  };
  const times = (matter.returns[returner] ?? 0) + 1;
  if (times > most[returner]!) {
    refuseFact(
      fact.position,
      'ReturnLimitReached',
      `chỉ được trả hồ sơ ${most[returner]} lần`,
      `${most[returner]} return${most[returner] === 1 ? '' : 's'} at most`,
      { given: times, allowed: most[returner], rule: rule.id, cite: rule.cites[0] },
    );
  }
  matter.returns[returner] = times;
  endInvestigation(book, matter, fact);
  if (matter.prosecution && isOwed(matter.prosecution)) book.drop(matter.prosecution, fact.at);
  matter.concluded = false;
  matter.fileReceived = false;
  matter.decision = null;
  matter.investigation = book.open('CPC-174-2', fact, {
    length: rule.limitByReturner![returner === 'vks' ? 'vks' : 'court'],
    class: matter.class,
  });
}
