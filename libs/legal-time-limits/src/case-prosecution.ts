import { isOwed, type Clock, type ClockBook } from './clock-book.js';
import { DELEGATED_RULES, extendByClass, openByClass, type CaseProgress } from './case-progress.js';
import { dayOf, isTrue, outOfOrder, refuseFact, type ReadFact } from './facts.js';
import { dayTextOf } from './legal-date.js';
import { extensionsOf } from './limit-length.js';
import type { Rule } from './rule.js';
import { baseStep, dayOfMoment, extensionStep, type Step } from './term.js';

const PROSECUTION_RULES = ['CPC-240-1', 'CPC-461-1'] as const;
/** The full length of a halved step. */
export function unhalved(step: Step, rule: Rule): Step {
  const whole =
    step.by === null
      ? baseStep(rule.id, step.length, false)
      : extensionStep(step.source, step.by, step.length, step.anchor, false);
  return { ...whole, printedFrom: step.printedFrom, printedTo: step.printedTo };
}

/** The head of the procuracy extends within one cap; the text gives no number of times, so a later grant replaces. */
export function extendProsecution(book: ClockBook, matter: CaseProgress, fact: ReadFact): void {
  const clock = matter.prosecution;
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

/** The procuracy has the file: the prosecution term starts if it is complete (BLTTHS 238(1), 240(1)). */
export function receiveFile(book: ClockBook, matter: CaseProgress, fact: ReadFact): void {
  if (!matter.concluded)
    outOfOrder(fact, 'kết thúc điều tra', 'the investigation was concluded', 'InvestigationConcluded');
  // BLTTHS 238(1): an incomplete file, or a conclusion not given to the accused, is not received; no clock starts.
  if (fact.source['complete'] === false || fact.source['conclusionDelivered'] === false) return;
  book.done('CPC-232-4', fact.at);
  for (const rule of DELEGATED_RULES) book.done(rule, fact.at);
  if (matter.prosecution && isOwed(matter.prosecution)) {
    if (matter.prosecution.trigger !== 'CaseTransferred') return;
    book.revise(matter.prosecution, matter.prosecution.steps, fact, fact.at);
    return;
  }
  matter.fileReceived = true;
  matter.decision = null;
  matter.prosecution = openProsecution(book, matter, fact);
  if (matter.custody && isOwed(matter.custody)) book.openBefore('CPC-244-2', fact, matter.custody);
}

/** Starts the prosecution term of the procedure that applies. */
export function openProsecution(book: ClockBook, matter: CaseProgress, fact: ReadFact): Clock | null {
  return matter.shortened ? book.open('CPC-461-1', fact) : openByClass(book, matter, fact, 'CPC-240-1');
}

/** The procuracy decides on the file: notices and the hand-over to court start. */
export function decide(book: ClockBook, matter: CaseProgress, fact: ReadFact): void {
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
  if (!matter.fileReceived) {
    outOfOrder(fact, 'Viện kiểm sát nhận hồ sơ', 'the procuracy received the file', 'CaseFileReceived');
  }
  if (decision === 'suspend' && matter.prosecution) checkGround(book, matter.prosecution, fact);
  for (const rule of PROSECUTION_RULES) book.done(rule, fact.at);
  matter.prosecution = null;
  matter.decision = decision;
  if (matter.shortened) {
    // BLTTHS 458: returning the file or suspending ends the shortened procedure.
    if (decision === 'return' || decision === 'suspend') matter.shortened = false;
    return;
  }
  const complex = matter.complex || isTrue(fact, 'complex');
  const length = (id: string): { length: Rule['limit'] & object } => {
    const rule = book.rules.inForce(id, dayOfMoment(fact.at))!;
    return { length: complex ? rule.limitIfComplex! : rule.limit! };
  };
  if (matter.noticesTracked) book.open('CPC-240-2', fact, length('CPC-240-2'));
  if (decision === 'prosecute') book.open('CPC-244-1', fact, length('CPC-244-1'));
}

/** What the reason must say about the ground on which a case is suspended (BLTTHS 247(1)). */
function checkGround(book: ClockBook, clock: Clock, fact: ReadFact): void {
  const code = fact.source['ground'];
  if (typeof code !== 'string') return;
  const on = dayOfMoment(fact.at);
  const ground = book.rules.groundsOn('CPC-247', dayTextOf(on)).find((one) => one.code === code);
  if (!ground) {
    clock.notes.push({
      vi: `Căn cứ ${code} của Điều 247.1 chưa có hiệu lực vào ngày ${dayTextOf(on)}.`,
      en: `Ground ${code} of Art 247(1) was not in force on ${dayTextOf(on)}.`,
      cite: 'BLTTHS 247.1',
    });
  } else if (ground.afterExpiry && on < clock.dates.due) {
    clock.notes.push({
      vi: `Tạm đình chỉ theo căn cứ ${code} khi thời hạn truy tố chưa hết (${dayTextOf(clock.dates.due)}); Điều 247.1 đòi hỏi thời hạn đã hết.`,
      en: `Suspended on ground ${code} before the prosecution term had run out (${dayTextOf(clock.dates.due)}); Art 247(1) asks for an expired term.`,
      cite: 'BLTTHS 247.1',
    });
  }
}
