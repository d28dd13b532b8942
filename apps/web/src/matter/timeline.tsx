import { useMemo } from 'react';
import type { HistoryItem, Role } from '../api/types';
import { useI18n } from '../i18n';
import type { Dictionary } from '../i18n/vi';
import { formatDay, formatWhen } from '../ui/format';
import './timeline.css';

/** What happened, newest first, each with when, who, and the facts that matter; entered late is said. */
const LATE_ENTRY_MS = 3_600_000;

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

function factsOf(item: HistoryItem, t: Dictionary): string[] {
  const { data } = item;
  const facts: string[] = [];
  const add = (value: string | null | undefined): void => {
    if (value) facts.push(value);
  };
  const decision = data['decision'];
  if (typeof decision === 'string') add(t.acts.decisions[decision as keyof typeof t.acts.decisions]);
  const document = typeof decision === 'object' && decision !== null ? decision : data['document'];
  if (typeof document === 'object' && document !== null) {
    const { number, signedOn, signer, from, to } = document as Record<string, unknown>;
    add(
      [text(number), text(signedOn) === null ? null : formatDay(String(signedOn)), text(signer)]
        .filter(Boolean)
        .join(', '),
    );
    if (text(to) !== null) add([text(from) === null ? '' : formatDay(String(from)), formatDay(String(to))].join(' – '));
  }
  const category = text(data['category']);
  if (category !== null && item.type === 'CrimeTipClassified')
    add(t.tip.categories[category as keyof typeof t.tip.categories]);
  if (data['urgent'] === true) add(t.tip.urgent);
  const offence = data['offence'];
  if (typeof offence === 'object' && offence !== null) {
    const { article, clause } = offence as { article?: number; clause?: number };
    if (article !== undefined) add(t.tip.offenceOf(article, clause));
  }
  if (text(data['toUnit']) !== null) add(t.tip.route(String(data['fromUnit'] ?? ''), String(data['toUnit'])));
  add(text(data['investigator']));
  const ground = text(data['ground']);
  if (ground !== null) add(t.tip.grounds[ground as 'a' | 'b' | 'c']);
  const notice = text(data['notice']);
  if (notice !== null) {
    const recipient = text(data['recipient']) as 'procuracy' | 'informant' | null;
    add(
      `${t.acts.noticeKinds[notice as keyof typeof t.acts.noticeKinds]}${recipient === null ? '' : ` → ${t.acts.recipients[recipient]}`}`,
    );
  }
  if (data['administrativeReferral'] === true) add(t.acts.administrative);
  if (item.type === 'PrintedTermDiffered') {
    const printed = data['printed'] as { to?: string } | undefined;
    const computed = data['computed'] as { to?: string } | undefined;
    if (printed?.to !== undefined && computed?.to !== undefined)
      add(`${formatDay(printed.to)} ≠ ${formatDay(computed.to)}`);
  }
  add(text(data['reason']));
  return facts;
}

export function Timeline({ items }: { items: HistoryItem[] }) {
  const { t } = useI18n();
  const newestFirst = useMemo(() => [...items].sort((a, b) => b.version - a.version), [items]);
  return (
    <ol className="timeline" data-testid="timeline">
      {newestFirst.map((item) => {
        const late = Date.parse(item.recordedAt) - Date.parse(item.happenedAt) > LATE_ENTRY_MS;
        const facts = factsOf(item, t);
        return (
          <li key={item.version} data-event={item.type}>
            <span className="timeline-dot" aria-hidden="true" />
            <div className="timeline-what">
              <span className="timeline-name">{t.events[item.type] ?? item.type}</span>
              {item.source === 'import' ? <span className="tag">{t.tip.imported}</span> : null}
              <time dateTime={item.happenedAt} className="timeline-when">
                {formatWhen(item.happenedAt)}
              </time>
            </div>
            {facts.length === 0 ? null : <p className="timeline-facts">{facts.join(' · ')}</p>}
            <p className="timeline-who">
              {item.actor.id}
              {t.roles[item.actor.role as Role] === undefined ? null : ` · ${t.roles[item.actor.role as Role]}`}
              {late && item.source !== 'import' ? ` · ${t.tip.lateEntry(formatWhen(item.recordedAt))}` : null}
            </p>
          </li>
        );
      })}
    </ol>
  );
}
