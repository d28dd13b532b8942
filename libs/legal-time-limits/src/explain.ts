import { isYearPublished, reasonOf, worksOn, type Calendar } from './calendar.js';
import { civilOf, type DayNumber, type LocalMicros } from './legal-date.js';
import { openQuestion } from './open-questions.js';
import { DEFAULT_READINGS, type OpenQuestionId, type Readings, type Rule } from './rule.js';
import { dayOfMoment, type Step, type TermDates } from './term.js';
import type { Text } from './text.js';
import { dayEn, dayVi, GRANTORS, halfText, lengthText, longEn, longVi, momentEn, momentVi } from './wording.js';

/** One step of a reason: a sentence in both languages and the article it rests on. */
export interface WhyStep {
  readonly vi: string;
  readonly en: string;
  readonly cite: string;
}

function named(id: OpenQuestionId, rule?: Rule): WhyStep {
  const question = openQuestion(id);
  const taken = takenOtherwise(id, rule?.readings ?? DEFAULT_READINGS) ?? question.taken;
  return {
    vi: `Còn tranh luận (${id}): ${question.question.vi} Các cách hiểu: ${question.readings.vi} Ở đây: ${taken.vi}`,
    en: `Open (${id}): ${question.question.en} Readings: ${question.readings.en} Taken here: ${taken.en}`,
    cite: question.cite,
  };
}

/** What is taken where a row of the rule switches the reading; null = as by default. */
function takenOtherwise(id: OpenQuestionId, { startDayCounts, rollsDayTerms }: Readings): Text | null {
  if (id === 'c-1' && startDayCounts) return { vi: 'ngày đầu được tính.', en: 'the first day counts.' };
  if (id === 'c-2' && rollsDayTerms) {
    return { vi: 'hạn lùi sang ngày làm việc tiếp theo.', en: 'the term moves to the next working day.' };
  }
  return null;
}

function conclusion(rule: Rule, dates: TermDates): WhyStep {
  const cite = rule.cites[0]!;
  if (dates.hours) {
    return {
      vi: `Vì vậy: an toàn đến ${momentVi(dates.safeBy)}, hạn ${momentVi(dates.due)}, muộn nhất còn lập luận được ${momentVi(dates.latest)}.`,
      en: `So: safe by ${momentEn(dates.safeBy)}, due ${momentEn(dates.due)}, latest arguable ${momentEn(dates.latest)}.`,
      cite,
    };
  }
  return {
    vi: `Vì vậy: an toàn đến hết ${dayVi(dates.safeBy)}, hạn đến hết ${dayVi(dates.due)}, muộn nhất còn lập luận được đến hết ${dayVi(dates.latest)}.`,
    en: `So: safe by ${dayEn(dates.safeBy)}, due by the end of ${dayEn(dates.due)}, latest arguable ${dayEn(dates.latest)}.`,
    cite,
  };
}

function unpublished(days: readonly DayNumber[], calendar: Calendar): WhyStep[] {
  const years = [...new Set(days.map((day) => civilOf(day).year))].filter((year) => !isYearPublished(year, calendar));
  return years.map((year) => ({
    vi: `Lịch nghỉ năm ${year} chưa được công bố trong phiên bản ${calendar.version}: chỉ tính các ngày lễ theo luật, chưa biết ngày hoán đổi.`,
    en: `The schedule of ${year} is not published in calendar version ${calendar.version}: only the holidays of the statute are counted, swaps are not yet known.`,
    cite: 'BLLĐ 112',
  }));
}

function stepSentence(step: Step, ends: TermDates, sourceCite: string): WhyStep {
  const length = lengthText(step.length);
  const until = { vi: longVi(ends.nominal), en: longEn(ends.nominal) };
  if (step.printedTo !== null) {
    const by = step.by === null ? { vi: 'quyết định', en: 'the decision' } : GRANTORS[step.by];
    return {
      vi: `Quyết định (${by.vi}) ghi đến ngày ${dayVi(step.printedTo)}: ngày ghi trên quyết định được áp dụng, hết thời hạn ${until.vi} (${sourceCite}).`,
      en: `The decision (${by.en}) prints ${dayEn(step.printedTo)} as its last day: the printed date applies, the term ends on ${until.en} (${sourceCite}).`,
      cite: sourceCite,
    };
  }
  const half = step.halved ? halfText(step) : null;
  const lengthVi = half ? `một nửa của ${length.vi} là ${half.vi} (Luật 59/2024 Điều 129)` : length.vi;
  const lengthEn = half ? `half of ${length.en} is ${half.en} (Law 59/2024 Art 129)` : length.en;
  if (step.by === null) {
    return {
      vi: `Thời hạn ${lengthVi}, hết vào ${until.vi} (${sourceCite}).`,
      en: `The term is ${lengthEn} and ends on ${until.en} (${sourceCite}).`,
      cite: sourceCite,
    };
  }
  const by = GRANTORS[step.by];
  if (step.anchor === 'start') {
    return {
      vi: `Được kéo dài: ${by.vi}, tổng cộng không quá ${lengthVi} kể từ ngày nhận được, hết vào ${until.vi} (${sourceCite}).`,
      en: `Prolonged: ${by.en}, to at most ${lengthEn} in total from receipt, ending on ${until.en} (${sourceCite}).`,
      cite: sourceCite,
    };
  }
  const from = step.printedFrom;
  return {
    vi: `Được gia hạn: ${by.vi} thêm ${lengthVi}, tính từ ${from === null ? 'ngày hết thời hạn trước (chưa lùi)' : `ngày ghi trên quyết định ${dayVi(from)}`}, hết vào ${until.vi} (${sourceCite}).`,
    en: `Extended: ${by.en} by ${lengthEn}, from ${from === null ? 'the nominal end of the term before' : `the printed day ${dayEn(from)}`}, ending on ${until.en} (${sourceCite}).`,
    cite: sourceCite,
  };
}

/** What an explanation is built from: the same inputs that gave the dates. */
export interface Explained {
  readonly rule: Rule;
  readonly start: LocalMicros;
  readonly steps: readonly Step[];
  readonly dates: TermDates;
  readonly calendar: Calendar;
  /** Dates after each step of the chain; the last equals `dates`. */
  readonly ends: readonly TermDates[];
  readonly citeOf: (source: string) => string;
  readonly requestBy: DayNumber | null;
  readonly notes: readonly WhyStep[];
}

/** The reason of a term, one sentence a step with its article, ending in the three dates. */
export function explainTerm({
  rule,
  start,
  steps,
  dates,
  calendar,
  ends,
  citeOf,
  requestBy,
  notes,
}: Explained): WhyStep[] {
  const why: WhyStep[] = [];
  const first = steps[0]!;
  const startDay = dayOfMoment(start);
  if (dates.hours) {
    const length = lengthText(first.length);
    why.push({
      vi: `Kể từ ${rule.startsFrom.vi} ${momentVi(start)}, tính theo giờ (BLTTHS 134).`,
      en: `From ${rule.startsFrom.en}, ${momentEn(start)}, counted in clock hours (BLTTHS 134).`,
      cite: 'BLTTHS 134.1',
    });
    why.push({
      vi: `Thời hạn ${length.vi}, liên tục qua đêm, ngày nghỉ và ngày lễ: ${momentVi(ends[0]!.due)} (${citeOf(first.source)}).`,
      en: `The term is ${length.en}, through nights, weekends and holidays: ${momentEn(ends[0]!.due)} (${citeOf(first.source)}).`,
      cite: citeOf(first.source),
    });
    why.push(...notes);
  } else if (first.length.unit === 'wd') {
    const length = lengthText(first.length);
    why.push({
      vi: `Kể từ ${rule.startsFrom.vi} ${dayVi(startDay)}, ngày đầu không tính (BLDS 147).`,
      en: `From ${rule.startsFrom.en}, ${dayEn(startDay)}; the first day does not count (Civil Code 147).`,
      cite: 'BLDS 147.2',
    });
    const skipped: string[] = [];
    const skippedEn: string[] = [];
    for (let day = startDay + 1; day < dates.due; day += 1) {
      if (!worksOn(day, calendar)) {
        const reason = reasonOf(day, calendar)!;
        skipped.push(`${dayVi(day)} (${reason.vi})`);
        skippedEn.push(`${dayEn(day)} (${reason.en})`);
      }
    }
    why.push({
      vi: `Đếm ${length.vi} theo lịch nghỉ ${calendar.version}${skipped.length > 0 ? `, bỏ qua ${skipped.join(', ')}` : ''}: ${longVi(dates.due)} (${citeOf(first.source)}).`,
      en: `Count ${length.en} by calendar ${calendar.version}${skippedEn.length > 0 ? `, leaving out ${skippedEn.join(', ')}` : ''}: ${longEn(dates.due)} (${citeOf(first.source)}).`,
      cite: citeOf(first.source),
    });
    why.push(...notes, ...unpublished([startDay, dates.due], calendar));
    if (rule.open.includes('c-5')) why.push(named('c-5'));
  } else {
    const counts = (rule.readings ?? DEFAULT_READINGS).startDayCounts;
    why.push({
      vi: `Kể từ ${rule.startsFrom.vi} ${dayVi(startDay)}, ngày đầu ${counts ? 'được tính' : 'không tính'} (BLDS 147).`,
      en: `From ${rule.startsFrom.en}, ${dayEn(startDay)}; the first day ${counts ? 'counts' : 'does not count'} (Civil Code 147).`,
      cite: 'BLDS 147.2',
    });
    steps.forEach((step, i) => why.push(stepSentence(step, ends[i]!, citeOf(step.source))));
    why.push(...notes, ...endOfTerm(rule, steps, dates, calendar));
    if (requestBy !== null) {
      why.push({
        vi: `Đề nghị gia hạn phải gửi chậm nhất ngày ${dayVi(requestBy)} (${rule.requestBefore?.n ?? 0} ngày trước khi hết thời hạn, chưa lùi).`,
        en: `A request for extension must be sent by ${dayEn(requestBy)} (${rule.requestBefore?.n ?? 0} days before the nominal end).`,
        cite: citeOf(first.source),
      });
    }
    why.push(...unpublished([dates.nominal, dates.latest], calendar));
    why.push(...openPoints(rule, steps, dates, calendar));
  }
  why.push(conclusion(rule, dates));
  return why;
}

function endOfTerm(rule: Rule, steps: readonly Step[], dates: TermDates, calendar: Calendar): WhyStep[] {
  const last = steps[steps.length - 1]!;
  const reason = worksOn(dates.nominal, calendar) ? null : reasonOf(dates.nominal, calendar);
  const why: WhyStep[] = [];
  if (reason === null) {
    const swapped = reasonOf(dates.nominal, calendar);
    if (swapped !== null) {
      why.push({
        vi: `${longVi(dates.nominal)} là ngày ${swapped.vi}, nên là ngày làm việc: thời hạn không lùi.`,
        en: `${longEn(dates.nominal)} is a ${swapped.en}: the term does not move.`,
        cite: 'BLTTHS 134.1',
      });
    }
  } else if (last.printedTo !== null) {
    why.push({
      vi: `${longVi(dates.nominal)} là ngày nghỉ (${reason.vi}); hạn theo quyết định giữ nguyên, ngày làm việc tiếp theo ${dayVi(dates.latest)} còn lập luận được.`,
      en: `${longEn(dates.nominal)} is a day off (${reason.en}); the printed day stays due, the next working day ${dayEn(dates.latest)} is still arguable.`,
      cite: 'BLTTHS 134.1',
    });
  } else if (last.length.unit === 'm') {
    why.push({
      vi: `${longVi(dates.nominal)} là ngày nghỉ (${reason.vi}): ngày làm việc đầu tiên tiếp theo là ngày cuối cùng, ${longVi(dates.due)} (BLTTHS 134.1).`,
      en: `${longEn(dates.nominal)} is a day off (${reason.en}): the first working day after it is the last day, ${longEn(dates.due)} (BLTTHS 134.1).`,
      cite: 'BLTTHS 134.1',
    });
  } else if (!(rule.readings ?? DEFAULT_READINGS).rollsDayTerms) {
    why.push({
      vi: `${longVi(dates.nominal)} là ngày nghỉ (${reason.vi}); câu lùi sang ngày làm việc nằm ở đoạn về thời hạn theo tháng, nên hạn theo ngày không lùi (BLTTHS 134.1).`,
      en: `${longEn(dates.nominal)} is a day off (${reason.en}); the sentence on days off stands in the paragraph on months, so a term in days does not move (BLTTHS 134.1).`,
      cite: 'BLTTHS 134.1',
    });
  } else {
    why.push({
      vi: `${longVi(dates.nominal)} là ngày nghỉ (${reason.vi}); theo cách hiểu đã chọn, hạn theo ngày cũng lùi sang ngày làm việc đầu tiên tiếp theo, ${longVi(dates.due)} (BLDS 148.5).`,
      en: `${longEn(dates.nominal)} is a day off (${reason.en}); in the reading chosen a term in days moves too, to the first working day after it, ${longEn(dates.due)} (Civil Code 148(5)).`,
      cite: 'BLDS 148.5',
    });
  }
  if (rule.alternative) {
    why.push({
      vi: `Thông tư liên tịch cho ${rule.alternative.n} ngày làm việc (${rule.alternative.rule}): chỉ coi là quá hạn sau ngày ${dayVi(dates.latest)}.`,
      en: `The joint circular gives ${rule.alternative.n} working days (${rule.alternative.rule}): breached only after ${dayEn(dates.latest)}.`,
      cite: 'TTLT 01/2017 14.1',
    });
  }
  return why;
}

/** The open questions that bear on how these very dates were counted. */
function openPoints(rule: Rule, steps: readonly Step[], dates: TermDates, calendar: Calendar): WhyStep[] {
  const last = steps[steps.length - 1]!;
  const ids: OpenQuestionId[] = [];
  if (last.printedTo === null && last.length.unit === 'd') {
    ids.push('c-1');
    if (!worksOn(dates.nominal, calendar)) ids.push('c-2');
  }
  if (rule.alternative) ids.push('c-5');
  if (steps.some((step) => step.anchor === 'start' && step.by !== null)) ids.push('c-3');
  if (steps.some((step) => step.anchor === 'end')) ids.push('c-4');
  if (steps.some((step) => step.halved)) ids.push('c-16');
  return ids.filter((id) => rule.open.includes(id) || id === 'c-16').map((id) => named(id, rule));
}

/** The reason of a duty counted back from the end of another term. */
export function explainBefore(rule: Rule, end: DayNumber, dates: TermDates, notes: readonly WhyStep[]): WhyStep[] {
  const length = lengthText(rule.before!);
  const cite = rule.cites[0]!;
  return [
    {
      vi: `Tính lùi từ ${rule.startsFrom.vi} ${dayVi(end)} (chưa lùi sang ngày làm việc).`,
      en: `Counted back from ${rule.startsFrom.en}, ${dayEn(end)} (not moved off a day off).`,
      cite,
    },
    {
      vi: `Chậm nhất ${length.vi} trước khi hết thời hạn: ${longVi(dates.due)} (${cite}).`,
      en: `At the latest ${length.en} before the end: ${longEn(dates.due)} (${cite}).`,
      cite,
    },
    ...notes,
    conclusion(rule, dates),
  ];
}

/** The reason of the end of custody. */
export function explainCustody(
  rule: Rule,
  start: DayNumber,
  months: number | null,
  heldDays: number,
  printedTo: DayNumber | null,
  dates: TermDates,
): WhyStep[] {
  const why: WhyStep[] = [
    {
      vi: `Kể từ ngày ${dayVi(start)}, ngày đầu được tính (TTLT 04/2018 17).`,
      en: `From ${dayEn(start)}, the first day counts (TTLT 04/2018 Art 17).`,
      cite: 'TTLT 04/2018 17',
    },
  ];
  if (months !== null) {
    const days = months * 30;
    why.push({
      vi: `${months} tháng là ${days} ngày, mỗi tháng 30 ngày${heldDays > 0 ? `, trừ ${heldDays} ngày đã bị tạm giữ còn ${days - heldDays} ngày` : ''} (BLTTHS 134.1).`,
      en: `${months === 1 ? '1 month is' : `${months} months are`} ${days} days, 30 a month${heldDays > 0 ? `, less ${heldDays} already held leaves ${days - heldDays}` : ''} (BLTTHS 134.1).`,
      cite: 'BLTTHS 134.1',
    });
  }
  if (printedTo !== null) {
    why.push({
      vi: `Lệnh ghi đến ngày ${dayVi(printedTo)}: ngày ghi trong lệnh là ngày hết hạn (BLTTHS 134.1).`,
      en: `The order prints ${dayEn(printedTo)}: the date written in the order is the end (BLTTHS 134.1).`,
      cite: 'BLTTHS 134.1',
    });
  }
  why.push({
    vi: 'Tạm giam không lùi qua ngày nghỉ.',
    en: 'Custody is never moved off a day off.',
    cite: 'BLTTHS 134.1',
  });
  return [...why, conclusion(rule, dates)];
}

/** Named for use in notes of the obligations. */
export function openPoint(id: OpenQuestionId): WhyStep {
  return named(id);
}
