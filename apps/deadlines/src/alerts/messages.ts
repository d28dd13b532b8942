import type { ObligationSummary, ObligationView } from '../obligations/obligation-list.js';
import { type InboxItem, type MovedSummary, wordsOfRule } from './inbox-list.js';
import type { InboxKind, MovedByLaw } from './inbox.consumer.js';

const WORDS: Readonly<Record<InboxKind, { vi: string; en: string }>> = {
  d7: { vi: 'Còn 7 ngày', en: '7 days left' },
  d5: { vi: 'Còn 5 ngày', en: '5 days left' },
  d3: { vi: 'Còn 3 ngày', en: '3 days left' },
  d1: { vi: 'Còn 1 ngày', en: '1 day left' },
  h6: { vi: 'Còn 6 giờ', en: '6 hours left' },
  h1: { vi: 'Còn 1 giờ', en: '1 hour left' },
  due: { vi: 'Đến hạn', en: 'Due' },
  breach: { vi: 'Đã quá hạn', en: 'Past its term' },
  moved: { vi: 'Thời hạn đã dời', en: 'Deadline moved' },
};

export interface Mail {
  subject: string;
  text: string;
}

/** `2026-01-25` → `25/01/2026`; a moment keeps its time of day. */
function shown(when: string): string {
  const [year, month, day] = when.slice(0, 10).split('-');
  return `${day}/${month}/${year}${when.length > 10 ? ` ${when.slice(11, 16)}` : ''}`;
}

const datesOf = ({ safeBy, due, latestArguable }: MovedByLaw['before']): string =>
  [safeBy, due, latestArguable].map(shown).join(' · ');

/** Why a deadline moved, and both sets of dates, in both languages. */
function moveLines({ publication, name, reason, before, after }: MovedByLaw): { vi: string; en: string } {
  const what = publication === 'calendar' ? { vi: 'lịch nghỉ', en: 'calendar' } : { vi: 'quy tắc', en: 'rule' };
  const dates = `${datesOf(before)} → ${datesOf(after)}`;
  return {
    vi: `Dời theo ${what.vi} ${name} (${reason}): ${dates}`,
    en: `Moved by ${what.en} ${name} (${reason}): ${dates}`,
  };
}

/** One alert or breach as an e-mail in both languages: number, duty, articles and dates, nothing else of the matter. */
export function alertMail(item: InboxItem, publicUrl: string): Mail {
  const { vi, en } = WORDS[item.kind];
  const number = item.matterNumber ?? '–';
  const dates = [item.safeBy, item.due, item.latestArguable].map(shown).join(' · ');
  const cites = item.cites.join('; ');
  const moved = item.moved && moveLines(item.moved);
  return {
    subject: `[Tin Báo] ${vi}: ${number} – ${item.name.vi}`,
    text: [
      `${vi}: ${item.name.vi} (${cites})`,
      `Số thụ lý: ${number}. Đơn vị: ${item.unitCode ?? '–'}. An toàn · đến hạn · muộn nhất: ${dates}`,
      ...(moved ? [moved.vi] : []),
      '',
      `${en}: ${item.name.en} (${cites})`,
      `Register number: ${number}. Unit: ${item.unitCode ?? '–'}. Safe · due · latest arguable: ${dates}`,
      ...(moved ? [moved.en] : []),
      '',
      publicUrl,
    ].join('\n'),
  };
}

/** What a webhook carries. */
export function alertBody(deliveryId: string, item: InboxItem): string {
  const { read: _read, ...facts } = item;
  return JSON.stringify({
    deliveryId,
    type: item.kind === 'breach' || item.kind === 'moved' ? item.kind : 'alert',
    item: facts,
  });
}

/** Deadlines that moved since the last digest; nothing when none did. */
function movedLines({ count, items }: MovedSummary): string[] {
  if (count === 0) return [];
  const lines = items.map(({ matterNumber, unitCode, rule, moved }) => {
    const { name } = wordsOfRule(rule);
    const dates = `${shown(moved.before.due)} → ${shown(moved.after.due)} (${shown(moved.before.latestArguable)} → ${shown(moved.after.latestArguable)})`;
    return `${matterNumber ?? '–'} | ${unitCode ?? '–'} | ${name.vi} / ${name.en} | ${dates} | ${moved.name}: ${moved.reason}`;
  });
  return [
    '',
    `Thời hạn đã dời trong 24 giờ qua: ${count}. Đến hạn (muộn nhất), cũ → mới:`,
    `Deadlines moved in the last 24 hours: ${count}. Due (latest arguable), old → new:`,
    ...lines,
  ];
}

/**
 * The daily digest in both languages: the counts, the most urgent duties that are late or running, and what the law
 * moved since yesterday.
 */
export function digestMail(
  summary: ObligationSummary,
  rows: readonly ObligationView[],
  moved: MovedSummary,
  publicUrl: string,
): Mail {
  const { overdue, dueToday, dueIn3, dueIn5 } = summary;
  const lines = rows.map((row) => {
    const { name } = wordsOfRule(row.rule);
    return `${row.matterNumber ?? '–'} | ${row.unitCode ?? '–'} | ${name.vi} / ${name.en} | ${shown(row.safeBy)} · ${shown(row.due)}`;
  });
  return {
    subject: `[Tin Báo] Bản tin ngày: ${overdue} quá hạn, ${dueToday} đến hạn hôm nay`,
    text: [
      `Quá hạn: ${overdue}. Đến hạn hôm nay: ${dueToday}, trong 3 ngày: ${dueIn3}, trong 5 ngày: ${dueIn5}.`,
      `Late: ${overdue}. Due today: ${dueToday}, within 3 days: ${dueIn3}, within 5 days: ${dueIn5}.`,
      '',
      ...lines,
      ...movedLines(moved),
      '',
      publicUrl,
    ].join('\n'),
  };
}
