import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useMemo, useState } from 'react';
import { Link } from 'react-router';
import { newIntentKey, post } from '../api/client';
import { useInbox, useInboxSummary, useUnitName } from '../api/queries';
import type { InboxItem, InboxKind } from '../api/types';
import { useI18n } from '../i18n';
import { useNow } from '../ui/use-now';
import { formatCites, formatDay, formatTime, formatWeekday, formatWhen, legalDayOf, toMs } from '../ui/format';
import { Icon, type IconName } from '../ui/icon';
import { More } from '../ui/more';
import { Empty, Loading, LoadProblem, Refused } from '../ui/states';
import { dateWithWeekday } from '../ui/term';
import { useQueryState } from '../ui/use-query-state';
import { useTitle } from '../ui/use-title';
import './inbox.css';

const lookOf: Record<InboxKind, { icon: IconName; tag: string }> = {
  d7: { icon: 'clock', tag: 'tag' },
  d5: { icon: 'clock', tag: 'tag' },
  d3: { icon: 'warn', tag: 'tag tag-wait' },
  d1: { icon: 'warn', tag: 'tag tag-wait' },
  h6: { icon: 'warn', tag: 'tag tag-wait' },
  h1: { icon: 'warn', tag: 'tag tag-wait' },
  due: { icon: 'today', tag: 'tag tag-urgent' },
  breach: { icon: 'late', tag: 'tag tag-red' },
  moved: { icon: 'calendar', tag: 'tag tag-act' },
};

const linkOf = ({ matterKind, matterId }: InboxItem): string =>
  matterKind === 'crime-tip' ? `/tips/${matterId}` : `/cases/${matterId}`;

/** Alerts and breaches of the duties that this person's units owe or supervise, the newest first, by day. */
export default function Inbox() {
  const { t, language } = useI18n();
  const [query, setQuery] = useQueryState();
  const onlyUnread = query.get('show') !== 'all';
  const list = useInbox({ unread: onlyUnread ? 'true' : null, limit: 100 });
  const summary = useInboxSummary();
  const client = useQueryClient();
  const [problem, setProblem] = useState<unknown>(null);
  const [sending, setSending] = useState(false);
  const now = useNow(60_000);
  useTitle(t.inbox.title);

  const days = useMemo(() => {
    const groups = new Map<string, InboxItem[]>();
    for (const item of list.items) {
      const day = legalDayOf(toMs(item.at));
      groups.set(day, [...(groups.get(day) ?? []), item]);
    }
    return [...groups];
  }, [list.items]);

  const mark = async (path: string, body: object): Promise<void> => {
    try {
      setProblem(null);
      await post(path, body, { intentKey: newIntentKey() });
      await client.invalidateQueries({ queryKey: ['inbox'] });
    } catch (error) {
      setProblem(error);
    }
  };
  const newest = list.items[0];
  const { unread = 0, more = false } = summary.data ?? {};
  const today = legalDayOf(now);

  return (
    <div className="page inbox">
      <div className="page-head">
        <h1>{t.inbox.title}</h1>
        <span className="quiet">{unread === 0 ? t.inbox.allRead : t.inbox.unread(unread, more)}</span>
        <Link className="push" to="/inbox/preferences">
          {t.inbox.preferences}
        </Link>
      </div>
      {problem === null ? null : <Refused error={problem} />}
      <section className="panel" aria-label={t.inbox.title}>
        <div className="panel-head">
          <div className="segments" role="group" aria-label={t.common.filter}>
            {(['unread', 'all'] as const).map((show) => (
              <button
                key={show}
                type="button"
                aria-pressed={onlyUnread === (show === 'unread')}
                onClick={() => setQuery({ show: show === 'all' ? 'all' : null })}
              >
                {show === 'unread' ? t.inbox.onlyUnread : t.common.all}
              </button>
            ))}
          </div>
          {newest === undefined || unread === 0 ? null : (
            <Button
              className="push"
              loading={sending}
              data-testid="read-all"
              onClick={() => {
                setSending(true);
                void mark('/api/inbox/read', { until: newest.at }).finally(() => setSending(false));
              }}
            >
              {t.inbox.readAll}
            </Button>
          )}
        </div>
        {list.isError ? (
          <LoadProblem error={list.error} retry={() => void list.refetch()} />
        ) : list.isPending ? (
          <Loading rows={8} />
        ) : list.items.length === 0 ? (
          <Empty
            title={onlyUnread ? t.inbox.emptyUnread : t.inbox.empty}
            hint={t.inbox.emptyHint}
            act={onlyUnread ? <Link to="/inbox?show=all">{t.inbox.showAll}</Link> : null}
          />
        ) : (
          <div data-testid="inbox">
            {days.map(([day, items]) => (
              <div key={day} className="inbox-day">
                <h2>{day === today ? t.common.today : `${formatWeekday(day, language)} ${formatDay(day)}`}</h2>
                <ul>
                  {items.map((item) => (
                    <Item key={item.id} item={item} onRead={() => void mark(`/api/inbox/${item.id}/read`, {})} />
                  ))}
                </ul>
              </div>
            ))}
          </div>
        )}
      </section>
      <More has={list.hasNextPage} loading={list.isFetchingNextPage} load={() => void list.fetchNextPage()} />
    </div>
  );
}

function Item({ item, onRead }: { item: InboxItem; onRead: () => void }) {
  const { t, say, language } = useI18n();
  const unitName = useUnitName();
  const look = lookOf[item.kind];
  return (
    <li className={item.read ? 'alert alert-read' : 'alert'} data-kind={item.kind}>
      <span className="alert-dot" aria-hidden="true" />
      <span className={look.tag}>
        <Icon name={look.icon} /> {t.inbox.kinds[item.kind] ?? item.kind}
      </span>
      <span className="alert-duty">
        <Link to={linkOf(item)} onClick={item.read ? undefined : onRead}>
          {item.matterNumber ?? (item.matterKind === 'criminal-case' ? t.cases.one : t.tip.one)}
        </Link>{' '}
        <span className="alert-name">{say(item.name)}</span>
        <span className="quiet alert-where">
          {unitName(item.unitCode)}
          {item.as === 'supervises' ? ` · ${t.inbox.supervised}` : ''}
          {item.moved === null ? '' : ` · ${t.inbox.movedFrom(formatWhen(item.moved.before.due), item.moved.reason)}`}
        </span>
      </span>
      <span className="alert-term">
        {t.term.by} {dateWithWeekday(item.kind === 'breach' ? item.latestArguable : item.due, language)}
        <span className="quiet" title={formatCites(item.cites, language)}>
          {formatCites(item.cites, language, true)}
        </span>
      </span>
      <span className="alert-state quiet">
        {item.state === 'done' ? t.inbox.done : item.state === 'open' ? '' : t.inbox.dropped}
      </span>
      <span className="alert-at quiet">{formatTime(item.at)}</span>
      <span className="alert-act">
        {item.read ? (
          <span className="visually-hidden">{t.inbox.isRead}</span>
        ) : (
          <button
            type="button"
            className="plain-button"
            aria-label={t.inbox.read}
            title={t.inbox.read}
            onClick={onRead}
          >
            <Icon name="check" />
          </button>
        )}
      </span>
    </li>
  );
}
