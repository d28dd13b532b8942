import { Button } from 'antd';
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { useExtensionRequests, useObligations, useUnitName } from '../api/queries';
import type { ExtensionRequest, Obligation } from '../api/types';
import { isTyping } from '../frame/keys';
import { hasRole, useSignedIn } from '../frame/me';
import { useI18n } from '../i18n';
import { useNow } from '../ui/use-now';
import { formatDay, formatWeekday, formatWhen, legalDayOf } from '../ui/format';
import { Icon } from '../ui/icon';
import { More } from '../ui/more';
import { Empty, Loading, LoadProblem } from '../ui/states';
import { Term } from '../ui/term';
import { readTerm } from '../ui/urgency';
import { useQueryState } from '../ui/use-query-state';
import { useTitle } from '../ui/use-title';
import { RequestRow } from '../extension-requests/extension-requests';
import './obligations.css';

const DecideExtension = lazy(() => import('../extension-requests/decide-extension'));

type Bucket = 'overdue' | 'today' | 'in3' | 'in5' | 'later';
const buckets: readonly Bucket[] = ['overdue', 'today', 'in3', 'in5', 'later'];

/** Where a term stands in the morning list: by the date that is read now (see urgency.ts). */
function bucketOf(obligation: Obligation, nowMs: number): Bucket {
  const reading = readTerm(obligation, nowMs);
  if (reading.urgency === 'late') return 'overdue';
  if (reading.daysLeft <= 0) return 'today';
  if (reading.daysLeft <= 3) return 'in3';
  return reading.daysLeft <= 5 ? 'in5' : 'later';
}

/** Notices, decisions and requests that the police must send to the procuracy, by rule. */
const owedToProcuracy = new Set([
  'CPC-146-5',
  'TTLT17-14-1',
  'TTLT17-9',
  'CPC-148-2-SEND',
  'CPC-149-2',
  'CPC-147-2C',
  'CPC-154-2',
  'CPC-158-1',
  'CPC-INIT-SEND',
  'CPC-232-4',
]);
const isProcuracys = (obligation: Obligation): boolean => /procuracy|vks|prosecutor/.test(obligation.owedBy);
/** The decision on an extension request is shown as the request itself, with its buttons. */
const isExtensionDecision = (obligation: Obligation): boolean => obligation.rule.startsWith('TTLT17-11-2');

const linkOf = (obligation: Obligation): string =>
  obligation.matterKind === 'crime-tip' ? `/tips/${obligation.matterId}` : `/cases/${obligation.matterId}`;

/** Time limits by urgency; for the prosecutor the three columns of the morning. */
export default function Obligations() {
  const { t } = useI18n();
  const me = useSignedIn();
  const isProsecutor = hasRole(me, 'prosecutor');
  useTitle(isProsecutor ? t.obligations.morningTitle : t.obligations.title);
  // Whatever is not done, late or not: both need an act.
  const open = useObligations({ state: 'open', limit: 200 });
  const now = useNow(60_000);
  const rows = open.items;
  const today = legalDayOf(now);
  const { language } = useI18n();

  return (
    <div className="page obligations">
      <div className="page-head">
        <h1>{isProsecutor ? t.obligations.morningTitle : t.obligations.title}</h1>
        <span className="quiet">
          {formatWeekday(today, language)} {formatDay(today)}
        </span>
        <span className="quiet no-print keys-hint">{t.obligations.keysHint}</span>
        {isProsecutor ? (
          <Button className="push no-print" onClick={() => window.print()}>
            {t.obligations.print}
          </Button>
        ) : null}
      </div>
      {open.isError ? (
        <LoadProblem error={open.error} retry={() => void open.refetch()} />
      ) : open.isPending ? (
        <Loading rows={12} />
      ) : isProsecutor ? (
        <Morning rows={rows} now={now} more={open.hasNextPage} />
      ) : (
        <ByUrgency rows={rows} now={now} more={open.hasNextPage} />
      )}
      <More has={open.hasNextPage} loading={open.isFetchingNextPage} load={() => void open.fetchNextPage()} />
    </div>
  );
}

/** J and K move through the rows in reading order, Enter opens. */
function useRowKeys(ids: readonly string[], open: (id: string) => void): string | null {
  const [chosen, setChosen] = useState<string | null>(null);
  const step = useCallback(
    (by: number) =>
      setChosen((was) => {
        const at = was === null ? -1 : ids.indexOf(was);
        return ids[Math.max(0, Math.min(ids.length - 1, at + by))] ?? null;
      }),
    [ids],
  );
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        isTyping(event.target) ||
        document.querySelector('[role="dialog"]') !== null
      )
        return;
      const key = event.key.toLowerCase();
      if (key === 'j' || key === 'k') {
        event.preventDefault();
        step(key === 'j' ? 1 : -1);
      } else if (
        key === 'enter' &&
        chosen !== null &&
        !/^(a|button|summary)$/i.test((event.target as HTMLElement).tagName)
      ) {
        event.preventDefault();
        open(chosen);
      }
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, [step, chosen, open]);
  useEffect(() => {
    if (chosen !== null)
      document.querySelector(`[data-row="${CSS.escape(chosen)}"]`)?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  return chosen;
}

function Group({
  bucket,
  rows,
  more,
  now,
  chosen,
  dense,
}: {
  bucket: Bucket;
  rows: Obligation[];
  /** It goes on in rows that are not loaded. */
  more: boolean;
  now: number;
  chosen: string | null;
  dense: boolean;
}) {
  const { t } = useI18n();
  if (rows.length === 0) return null;
  // Inside a column its groups are one level below the column's own heading.
  const Heading = dense ? 'h3' : 'h2';
  return (
    <div className="bucket" data-bucket={bucket}>
      <Heading className={`bucket-name bucket-${bucket}`}>
        {t.obligations.buckets[bucket]} <span className="bucket-count">{counted(rows.length, more)}</span>
      </Heading>
      <ul>
        {rows.map((row) => (
          <Row key={row.id} row={row} now={now} chosen={row.id === chosen} dense={dense} />
        ))}
      </ul>
    </div>
  );
}

function Row({ row, now, chosen, dense }: { row: Obligation; now: number; chosen: boolean; dense: boolean }) {
  const { t, say } = useI18n();
  const unitName = useUnitName();
  return (
    <li
      className={dense ? 'duty duty-dense' : 'duty'}
      data-row={row.id}
      data-chosen={chosen}
      aria-current={chosen ? 'true' : undefined}
    >
      <Link to={linkOf(row)} className="duty-number">
        {row.matterNumber ?? (row.matterKind === 'criminal-case' ? t.cases.one : t.tip.one)}
      </Link>
      <span className="duty-name">{say(row.name) || t.rules[row.rule] || row.rule}</span>
      <span className="duty-unit quiet">
        {unitName(row.unitCode)}
        {dense ? null : ` · ${t.obligations.owedBy[row.owedBy] ?? row.owedBy}`}
      </span>
      <span className="duty-term">
        <Term term={row} brief nowMs={now} />
      </span>
    </li>
  );
}

const inBucket = (rows: readonly Obligation[], bucket: Bucket, now: number): Obligation[] =>
  rows.filter((row) => bucketOf(row, now) === bucket);

/** The bucket that goes on in the next page: rows come in the order of their terms. */
function unfinishedOf(rows: readonly Obligation[], now: number, more: boolean): Bucket | null {
  const last = rows.at(-1);
  return more && last !== undefined ? bucketOf(last, now) : null;
}

/** `200+` while there are rows that are not loaded. */
const counted = (count: number, more: boolean): string => (more ? `${count}+` : String(count));

function ByUrgency({ rows, now, more }: { rows: Obligation[]; now: number; more: boolean }) {
  const unfinished = unfinishedOf(rows, now, more);
  const { t } = useI18n();
  const navigate = useNavigate();
  const ordered = useMemo(() => buckets.flatMap((bucket) => inBucket(rows, bucket, now)), [rows, now]);
  const ids = useMemo(() => ordered.map((row) => row.id), [ordered]);
  const open = useCallback(
    (id: string) => {
      const row = ordered.find((entry) => entry.id === id);
      if (row !== undefined) void navigate(linkOf(row));
    },
    [ordered, navigate],
  );
  const chosen = useRowKeys(ids, open);
  return (
    <section className="panel" aria-label={t.obligations.title} data-testid="obligations">
      {rows.length === 0 ? (
        <Empty title={t.obligations.empty} hint={t.obligations.emptyHint} />
      ) : (
        buckets.map((bucket) => (
          <Group
            key={bucket}
            bucket={bucket}
            rows={inBucket(rows, bucket, now)}
            more={bucket === unfinished}
            now={now}
            chosen={chosen}
            dense={false}
          />
        ))
      )}
    </section>
  );
}

function Morning({ rows, now, more }: { rows: Obligation[]; now: number; more: boolean }) {
  const unfinished = unfinishedOf(rows, now, more);
  const { t } = useI18n();
  const navigate = useNavigate();
  const [query, setQuery] = useQueryState();
  const requests = useExtensionRequests('requested');
  const asked = useMemo(() => new Set(requests.items.map((request) => request.tipId)), [requests.items]);
  const columns = useMemo(() => {
    const mine = rows.filter((row) => isProcuracys(row) && !(isExtensionDecision(row) && asked.has(row.matterId)));
    const owed = rows.filter((row) => !isProcuracys(row) && owedToProcuracy.has(row.rule));
    const watch = rows.filter((row) => !isProcuracys(row) && !owedToProcuracy.has(row.rule));
    return { me: mine, owed, watch };
  }, [rows, asked]);
  const ids = useMemo(
    () => [
      ...requests.items.map((request) => request.id),
      ...Object.values(columns).flatMap((column) =>
        buckets.flatMap((bucket) => inBucket(column, bucket, now).map((row) => row.id)),
      ),
    ],
    [requests.items, columns, now],
  );
  const open = useCallback(
    (id: string) => {
      if (requests.items.some((request) => request.id === id)) {
        setQuery({ act: 'grant', on: id }, { push: true });
        return;
      }
      const row = rows.find((entry) => entry.id === id);
      if (row !== undefined) void navigate(linkOf(row));
    },
    [requests.items, rows, navigate, setQuery],
  );
  const chosen = useRowKeys(ids, open);
  const verdict = query.get('act') === 'refuse' ? 'refuse' : query.get('act') === 'grant' ? 'grant' : null;
  const request: ExtensionRequest | undefined = requests.items.find(({ id }) => id === query.get('on'));
  const hints = { me: t.obligations.meHint, owed: t.obligations.owedHint, watch: t.obligations.watchHint };

  return (
    <>
      <div className="morning">
        {(['me', 'owed', 'watch'] as const).map((key) => {
          const column = columns[key];
          const isEmpty = column.length === 0 && (key !== 'me' || requests.items.length === 0);
          return (
            <section key={key} className="panel" aria-labelledby={`column-${key}`} data-testid={`column-${key}`}>
              <header className="panel-head">
                <h2 id={`column-${key}`}>
                  {t.obligations[key]}{' '}
                  <span className="bucket-count">
                    {counted(column.length + (key === 'me' ? requests.items.length : 0), more)}
                  </span>
                </h2>
                <span className="quiet column-hint">{hints[key]}</span>
              </header>
              {key === 'me' && requests.items.length > 0 ? (
                <div className="bucket">
                  <h3 className="bucket-name">
                    <Icon name="extension" /> {t.extensions.title}{' '}
                    <span className="bucket-count">{requests.items.length}</span>
                  </h3>
                  <ul>
                    {requests.items.map((item) => (
                      <RequestRow
                        key={item.id}
                        request={item}
                        chosen={item.id === chosen}
                        mayDecide
                        decide={(name) => setQuery({ act: name, on: item.id }, { push: true })}
                      />
                    ))}
                  </ul>
                </div>
              ) : null}
              {isEmpty && !more ? <p className="panel-body quiet">{t.obligations.none}</p> : null}
              {buckets.map((bucket) => (
                <Group
                  key={bucket}
                  bucket={bucket}
                  rows={inBucket(column, bucket, now)}
                  more={bucket === unfinished}
                  now={now}
                  chosen={chosen}
                  dense
                />
              ))}
            </section>
          );
        })}
      </div>
      <p className="print-only">{formatWhen(legalDayOf(now))}</p>
      <Suspense fallback={null}>
        {request === undefined || verdict === null ? null : (
          <DecideExtension
            key={`${request.id} ${verdict}`}
            request={request}
            verdict={verdict}
            onClose={() => setQuery({ act: null, on: null })}
          />
        )}
      </Suspense>
    </>
  );
}
