import type { ObligationSummary, ObligationView } from '../obligations/obligation-list.js';
import { type InboxItem, wordsOfRule } from './inbox-list.js';
import type { InboxKind } from './inbox.consumer.js';

const WORDS: Readonly<Record<InboxKind, { vi: string; en: string }>> = {
  d7: { vi: 'Còn 7 ngày', en: '7 days left' },
  d5: { vi: 'Còn 5 ngày', en: '5 days left' },
  d3: { vi: 'Còn 3 ngày', en: '3 days left' },
  d1: { vi: 'Còn 1 ngày', en: '1 day left' },
  h6: { vi: 'Còn 6 giờ', en: '6 hours left' },
  h1: { vi: 'Còn 1 giờ', en: '1 hour left' },
  due: { vi: 'Đến hạn', en: 'Due' },
  breach: { vi: 'Đã quá hạn', en: 'Past its term' },
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

/** One alert or breach as an e-mail in both languages: number, duty, articles and dates, nothing else of the matter. */
export function alertMail(item: InboxItem, publicUrl: string): Mail {
  const { vi, en } = WORDS[item.kind];
  const number = item.matterNumber ?? '–';
  const dates = [item.safeBy, item.due, item.latestArguable].map(shown).join(' · ');
  const cites = item.cites.join('; ');
  return {
    subject: `[Tin Báo] ${vi}: ${number} – ${item.name.vi}`,
    text: [
      `${vi}: ${item.name.vi} (${cites})`,
      `Số thụ lý: ${number}. Đơn vị: ${item.unitCode ?? '–'}. An toàn · đến hạn · muộn nhất: ${dates}`,
      '',
      `${en}: ${item.name.en} (${cites})`,
      `Register number: ${number}. Unit: ${item.unitCode ?? '–'}. Safe · due · latest arguable: ${dates}`,
      '',
      publicUrl,
    ].join('\n'),
  };
}

/** What a webhook carries. */
export function alertBody(deliveryId: string, item: InboxItem): string {
  const { read: _read, ...facts } = item;
  return JSON.stringify({ deliveryId, type: item.kind === 'breach' ? 'breach' : 'alert', item: facts });
}

/** The daily digest in both languages: the counts, and the most urgent duties that are late or running. */
export function digestMail(summary: ObligationSummary, rows: readonly ObligationView[], publicUrl: string): Mail {
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
      '',
      publicUrl,
    ].join('\n'),
  };
}
