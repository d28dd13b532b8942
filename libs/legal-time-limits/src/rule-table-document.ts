import { CALENDARS, LATEST_CALENDAR } from './calendar.js';
import { OPEN_QUESTIONS } from './open-questions.js';
import { CRIME_CLASSES, type Extension, type Length, type OwedBy, type Rule } from './rule.js';
import { RULES, RULES_VERSION } from './rules.js';
import { lengthText } from './wording.js';

const OWED_BY: Readonly<Record<OwedBy, string>> = {
  receiving_body: 'receiving body (cơ quan tiếp nhận)',
  investigating_body: 'investigating body (Cơ quan điều tra, cơ quan được giao)',
  head_of_body: 'head of the body (Thủ trưởng)',
  procuracy: 'procuracy (Viện kiểm sát)',
  court: 'court (Tòa án)',
};

const CONFIDENCE: Readonly<Record<Rule['confidence'], string>> = {
  H: 'operative text and a second source',
  H1: 'operative text only',
  M: 'secondary source',
  L: 'inference',
};

function words(length: Length): string {
  return lengthText(length).en;
}

function chain(base: Length, extensions: readonly Extension[]): string {
  return [words(base), ...extensions.map(({ add }) => words(add))].join(' + ');
}

/** The limit of a rule in words, with its classes, conditions and extensions. */
function limitOf(rule: Rule): string {
  const parts: string[] = [];
  if (rule.kind === 'custody')
    return 'months of 30 days, both ends counted, never moved; the end printed in the order wins';
  if (rule.before) parts.push(`${words(rule.before)} before the nominal end`);
  if (rule.limitByClass) {
    for (const name of CRIME_CLASSES) {
      parts.push(`${name}: ${chain(rule.limitByClass[name], rule.extensionsByClass?.[name] ?? [])}`);
    }
  }
  if (rule.limitByReturner) {
    parts.push(`returned by the procuracy: ${words(rule.limitByReturner.vks)}`);
    parts.push(`returned by the court: ${words(rule.limitByReturner.court)}`);
  }
  if (rule.limit) parts.push(words(rule.limit));
  if (rule.limitIfRemote) parts.push(`remote commune: ${words(rule.limitIfRemote)}`);
  if (rule.limitIfComplex) parts.push(`complex case: ${words(rule.limitIfComplex)}`);
  if (rule.limitForNoninitiation) parts.push(`decision not to initiate: ${words(rule.limitForNoninitiation)}`);
  if (rule.alternative) parts.push(`also ${words(rule.alternative)} (${rule.alternative.rule})`);
  if (rule.prolongation) parts.push(`prolonged by the head to ${words(rule.prolongation.total)} in total`);
  if (rule.extensions && rule.extensions.length > 0) {
    parts.push(`then extended by ${rule.extensions.map(({ add }) => words(add)).join(' + ')}`);
  }
  if (rule.extensions?.length === 0) parts.push('no extension');
  if (rule.requestBefore) parts.push(`request ${words(rule.requestBefore)} before the nominal end`);
  if (rule.maxReturns) {
    parts.push(
      `at most ${rule.maxReturns.vks} returns by the procuracy, ${rule.maxReturns.presiding_judge} by the presiding judge, ${rule.maxReturns.trial_panel} by the panel`,
    );
  }
  if (rule.factor !== undefined) parts.push(`at most half of the term of ${(rule.appliesTo ?? []).join(', ')}`);
  if (rule.grounds) {
    for (const { code, name, effective, afterExpiry } of rule.grounds) {
      parts.push(`(${code}) ${name.en}${afterExpiry ? ', only after expiry' : ''}, from ${effective.from}`);
    }
  }
  if (rule.kind === 'arithmetic')
    parts.push('day terms end at 24:00; month terms on the same-numbered day, moved off a day off');
  if (rule.condition) parts.push(`if: ${rule.condition.en}`);
  if (rule.waivedIf) parts.push(`not if: ${rule.waivedIf.en}`);
  if (rule.restartsOn) parts.push(`anew on: ${rule.restartsOn.en}`);
  return parts.join('; ');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function row(cells: readonly string[]): string {
  return `| ${cells.map(cell).join(' | ')} |`;
}

/**
 * The rule table, the open questions and the calendar as the Markdown page `docs/law/time-limits.md`: generated, so that
 * what a lawyer reads is what the program computes with.
 */
export function ruleTableDocument(): string {
  const lines = [
    '# Statutory time limits',
    '',
    `Generated from \`libs/legal-time-limits\` (rules ${RULES_VERSION}, calendar ${LATEST_CALENDAR.version}) by`,
    '`node docs/law/write-time-limits.mjs`; a test fails when this page and the data differ. Research, not legal advice.',
    '',
    'Every limit has three dates. **safeBy** is the earliest day anyone could argue is the last; **due** is the most literal',
    'reading of BLTTHS Art 134 and the day shown to users; **latestArguable** is the last day a lawyer could defend, and only',
    'after it is a duty called breached. Day terms leave the first day out and do not move off a day off in `due`; month terms',
    'end on the same-numbered day and move to the next working day; hour terms and custody never move; every extension runs',
    'from the nominal (unmoved) end before it; dates printed on a decision win.',
    '',
    '## Rules',
    '',
    row(['Rule', 'Duty', 'Limit', 'From', 'Owed by', 'Articles', 'In force', 'Confidence', 'Open']),
    row(Array.from({ length: 9 }, () => '---')),
    ...RULES.map((rule) =>
      row([
        `\`${rule.id}\``,
        `${rule.name.vi} · ${rule.name.en}`,
        limitOf(rule),
        `${rule.startsFrom.vi} · ${rule.startsFrom.en}`,
        rule.owedBy === null ? '–' : OWED_BY[rule.owedBy],
        rule.cites.join('; '),
        `${rule.effective.from} – ${rule.effective.to ?? '…'}`,
        rule.confidence,
        rule.open.join(', ') || '–',
      ]),
    ),
    '',
    `Confidence: ${Object.entries(CONFIDENCE)
      .map(([code, text]) => `${code} ${text}`)
      .join('; ')}. Classes: IT less serious, NT serious, RNT very serious, DBNT extremely serious (Penal Code Art 9).`,
    '',
    '## Open questions and the reading taken',
    '',
    row(['Question', 'What is open', 'Readings', 'Taken here', 'Changed by', 'Articles']),
    row(Array.from({ length: 6 }, () => '---')),
    ...OPEN_QUESTIONS.map(({ id, question, readings, taken, changedBy, cite }) =>
      row([
        id,
        `${question.vi} · ${question.en}`,
        `${readings.vi} · ${readings.en}`,
        `${taken.vi} · ${taken.en}`,
        changedBy.en,
        cite,
      ]),
    ),
    '',
    '## Days off',
    '',
    'Saturdays and Sundays are off. A year that is not listed is computed from the Labour Code (Art 111(3), 112): fixed',
    'holidays, Tết (the eve and four days), Giỗ Tổ, days in lieu; its swaps are not yet known and every answer says so.',
    '',
    row(['Version', 'Year', 'Weekdays off', 'Working Saturdays', 'Sources']),
    row(Array.from({ length: 5 }, () => '---')),
    ...CALENDARS.flatMap(({ version, years }) =>
      years.map(({ year, offWeekdays, workingSaturdays, sources }) =>
        row([
          version,
          String(year),
          offWeekdays.map(({ day, reason }) => `${day.slice(5)} ${reason.vi}`).join(', '),
          workingSaturdays.map(({ day, insteadOf }) => `${day.slice(5)} (for ${insteadOf.slice(5)})`).join(', ') || '–',
          sources.join('; '),
        ]),
      ),
    ),
    '',
  ];
  return lines.join('\n');
}
