import { Button } from 'antd';
import { lazy, Suspense, useCallback } from 'react';
import { Link, useNavigate } from 'react-router';
import { useObligationSummary, useTips, useUnitName } from '../api/queries';
import type { Me, TipRow } from '../api/types';
import { hasRole, useSignedIn } from '../frame/me';
import { useI18n } from '../i18n';
import { useWaiting } from '../receive/outbox';
import { MatterLink, useTipColumns } from '../tips/tip-columns';
import { useNow } from '../ui/use-now';
import { DataTable } from '../ui/data-table';
import { formatTime, formatWhen, legalDayOf } from '../ui/format';
import { Icon } from '../ui/icon';
import { More } from '../ui/more';
import { QuickSearch } from '../ui/quick-search';
import { Empty, Loading, LoadProblem } from '../ui/states';
import { UrgentTag } from '../ui/status';
import { Term } from '../ui/term';
import { endMs } from '../ui/urgency';
import { useQueryState } from '../ui/use-query-state';
import { useTitle } from '../ui/use-title';
import './desk.css';

/** Drawers and their fields come when the first act is opened, so that the desk itself is light. */
const TipActDrawer = lazy(() => import('../acts/tip-act-drawer'));

/** What is shown before the list is opened: enough for a morning, few enough to read at once. */
const NEEDS_ACT_LIMIT = 8;
const AWAITING_LIMIT = 5;
/** Terms of resolution run for weeks: they need an act now only when near. */
const NEAR_MS = 3 * 86_400_000;

type FilterName = 'all' | 'toClassify' | 'unacknowledged' | 'overdue' | 'mine';
const filterQuery: Record<FilterName, Record<string, string>> = {
  all: { sort: 'received' },
  toClassify: { status: 'received', sort: 'due' },
  unacknowledged: { unacknowledged: 'true', sort: 'received' },
  overdue: { overdue: 'true', sort: 'due' },
  mine: { mine: 'true', sort: 'due' },
};

/** True for a unit at or below one of the person's units; a unit's code begins with its parent's. */
const isWithin = (code: string | null, roots: readonly string[]): boolean =>
  code !== null && roots.some((root) => root === '*' || code === root || code.startsWith(`${root}-`));

/** The act that the state of a tip asks of this person now, by its path segment; null where it waits for somebody else. */
function nextAct(tip: TipRow, { roles, units }: Me): string | null {
  const isOfficer = !roles.includes('investigator');
  if (tip.status === 'transferred') return isWithin(tip.transferredTo, units) ? 'acknowledge-transfer' : null;
  if (!isWithin(tip.unitCode, units)) return null;
  if (tip.status === 'received') return 'classify';
  if (tip.status === 'classified') return isOfficer ? 'transfer' : 'accept';
  return tip.status === 'accepted' && !isOfficer ? 'assign' : null;
}

/** The desk today: what needs an act now, the shift in figures, what was sent and not acknowledged, and the list. */
export default function Desk() {
  const { t } = useI18n();
  const me = useSignedIn();
  const isOfficer = hasRole(me, 'intake_officer');
  const [query, setQuery] = useQueryState();
  useTitle(isOfficer ? t.places.desk : t.places.work);
  const act = query.get('act');
  const on = query.get('on');
  const openAct = (tip: TipRow, name: string): void => setQuery({ act: name, on: tip.id }, { push: true });

  return (
    <div className="page desk">
      <h1>{isOfficer ? t.desk.title : t.places.work}</h1>
      <div className="desk-top">
        <NeedsAct openAct={openAct} />
        <div className="desk-side">
          <Shift />
          <Waiting />
          <Awaiting openAct={openAct} />
        </div>
      </div>
      <TipList isOfficer={isOfficer} openAct={openAct} />
      <Suspense fallback={null}>
        {on === null || act === null ? null : (
          <TipActDrawer id={on} act={act} onClose={() => setQuery({ act: null, on: null })} />
        )}
      </Suspense>
    </div>
  );
}

/** The end of the term running, for sorting; a tip without one stands last. */
const endsAt = (tip: TipRow): number => (tip.term === null ? Infinity : endMs(tip.term.safeBy));

function NeedsAct({ openAct }: { openAct: (tip: TipRow, act: string) => void }) {
  const { t } = useI18n();
  const me = useSignedIn();
  const now = useNow();
  const isInvestigator = hasRole(me, 'investigator');
  // Asked by what is to be done, so that matters which wait for somebody else do not push the desk's own work out of sight.
  const received = useTips({ status: 'received', sort: 'due', limit: 30 });
  const classified = useTips({ status: 'classified', sort: 'due', limit: 30 });
  const incoming = useTips({ unacknowledged: 'true', limit: 30 });
  const accepted = useTips({ status: 'accepted', sort: 'due', limit: 30 }, isInvestigator);
  const assigned = useTips({ status: 'assigned', sort: 'due', limit: 30 }, isInvestigator);
  const parts = isInvestigator
    ? [received, classified, incoming, accepted, assigned]
    : [received, classified, incoming];
  const failed = parts.find((part) => part.isError);
  const urgent = parts
    .flatMap((part) => part.items)
    .filter((tip) => nextAct(tip, me) !== null || (tip.status === 'assigned' && endsAt(tip) - now < NEAR_MS))
    .sort((a, b) => endsAt(a) - endsAt(b));
  return (
    <section className="panel" aria-labelledby="needs-act">
      <header className="panel-head">
        <h2 id="needs-act">
          {t.desk.needsAct} {urgent.length === 0 ? null : <span className="quiet">{urgent.length}</span>}
        </h2>
        <Link className="push" to="/obligations">
          {t.places.obligations}
        </Link>
      </header>
      {failed !== undefined ? (
        <LoadProblem error={failed.error} retry={() => void failed.refetch()} />
      ) : parts.some((part) => part.isPending) ? (
        <Loading rows={4} />
      ) : urgent.length === 0 ? (
        <Empty title={t.desk.needsActNone} hint={t.desk.needsActNoneHint} />
      ) : (
        <ul className="needs" data-testid="needs-act">
          {urgent.slice(0, NEEDS_ACT_LIMIT).map((tip) => {
            const next = nextAct(tip, me);
            const verb =
              tip.term === null ? '' : (t.ruleActs[tip.term.rule] ?? t.rules[tip.term.rule] ?? tip.term.rule);
            return (
              <li key={tip.id} className="need">
                <span className="need-number">
                  <MatterLink to={`/tips/${tip.id}`}>{tip.registerNumber}</MatterLink>
                </span>
                <span className="need-what">
                  {tip.category === null ? t.tip.kinds[tip.kind] : t.tip.categories[tip.category]}
                  {tip.communeName === null ? null : <span className="quiet"> · {tip.communeName}</span>}{' '}
                  <UrgentTag tip={tip} />
                </span>
                <span className="need-term">
                  {tip.term === null ? null : <Term term={tip.term} brief nowMs={now} />}
                </span>
                <span className="need-act">
                  {next === null ? (
                    <span className="quiet">{verb}</span>
                  ) : (
                    <Button size="small" onClick={() => openAct(tip, next)}>
                      {t.acts.names[next]}
                    </Button>
                  )}
                </span>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}

/** The shift in figures. Counted from the lists themselves, so that a figure and its list never differ. */
function Shift() {
  const { t } = useI18n();
  const today = legalDayOf(useNow(60_000));
  const since = `${today}T00:00:00+07:00`;
  const received = useTips({ from: since, limit: 200 });
  const unacknowledged = useTips({ unacknowledged: 'true', limit: 200 });
  const summary = useObligationSummary();
  const transferred = received.items.filter((tip) => tip.transferredTo !== null).length;
  const figure = (value: number | undefined, isMore: boolean): string =>
    value === undefined ? '–' : isMore ? `${value}+` : String(value);
  const rows: [string, string, string][] = [
    [
      t.desk.received,
      figure(received.data ? received.items.length : undefined, received.hasNextPage),
      '/tips?sort=received',
    ],
    [
      t.desk.transferred,
      figure(received.data ? transferred : undefined, received.hasNextPage),
      '/tips?status=transferred',
    ],
    [
      t.desk.unacknowledged,
      figure(unacknowledged.data ? unacknowledged.items.length : undefined, unacknowledged.hasNextPage),
      '/desk?filter=unacknowledged',
    ],
    [t.desk.dueToday, figure(summary.data?.dueToday, false), '/obligations'],
    [t.desk.overdue, figure(summary.data?.overdue, false), '/obligations'],
  ];
  return (
    <section className="panel" aria-labelledby="shift">
      <header className="panel-head">
        <h2 id="shift">{t.desk.shift}</h2>
        <span className="quiet push">{formatWhen(today)}</span>
      </header>
      <dl className="shift">
        {rows.map(([word, value, to]) => (
          <div key={word}>
            <dt>{word}</dt>
            <dd>
              <Link to={to}>{value}</Link>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** Tips that wait on this device to be sent. */
function Waiting() {
  const { t } = useI18n();
  const waiting = useWaiting();
  if (waiting.length === 0) return null;
  return (
    <section className="panel" aria-labelledby="waiting" data-testid="waiting">
      <header className="panel-head">
        <h2 id="waiting">{t.desk.waitingOnDevice}</h2>
        <span className="tag tag-wait push">
          <Icon name="offline" />
          {waiting.length}
        </span>
      </header>
      <ul className="awaiting">
        {waiting.map((draft) => (
          <li key={draft.id}>
            <span>
              {draft.fields.kind === null ? t.tip.one : t.tip.kinds[draft.fields.kind]} · {formatTime(draft.savedAt)}
            </span>
            {draft.state === 'refused' ? (
              <Link to={`/receive?draft=${draft.id}`}>{t.receive.reopen}</Link>
            ) : (
              <span className="quiet">{t.receive.queued}</span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Transfers that the receiver has not acknowledged. */
function Awaiting({ openAct }: { openAct: (tip: TipRow, act: string) => void }) {
  const { t } = useI18n();
  const me = useSignedIn();
  const unitName = useUnitName();
  const tips = useTips({ unacknowledged: 'true', limit: 200 });
  return (
    <section className="panel" aria-labelledby="awaiting">
      <header className="panel-head">
        <h2 id="awaiting">{t.desk.awaiting}</h2>
      </header>
      {tips.isError ? (
        <LoadProblem error={tips.error} retry={() => void tips.refetch()} />
      ) : tips.isPending ? (
        <Loading rows={2} />
      ) : tips.items.length === 0 ? (
        <p className="awaiting-none">{t.desk.awaitingNone}</p>
      ) : (
        <ul className="awaiting" data-testid="unacknowledged">
          {tips.items.slice(0, AWAITING_LIMIT).map((tip) => {
            const next = nextAct(tip, me);
            return (
              <li key={tip.id}>
                <span>
                  <MatterLink to={`/tips/${tip.id}`}>{tip.registerNumber}</MatterLink>{' '}
                  <span className="quiet">
                    {next === null
                      ? t.tip.transferredTo(unitName(tip.transferredTo))
                      : t.tip.transferredFrom(unitName(tip.unitCode))}
                  </span>
                </span>
                {next !== null ? (
                  <Button size="small" onClick={() => openAct(tip, next)}>
                    {t.acts.names[next]}
                  </Button>
                ) : tip.term === null ? null : (
                  <Term term={{ ...tip.term, cites: [] }} brief />
                )}
              </li>
            );
          })}
          {tips.items.length > AWAITING_LIMIT ? (
            <li>
              <Link to="/desk?filter=unacknowledged">{t.common.more}</Link>
            </li>
          ) : null}
        </ul>
      )}
    </section>
  );
}

function TipList({ isOfficer, openAct }: { isOfficer: boolean; openAct: (tip: TipRow, act: string) => void }) {
  const { t } = useI18n();
  const me = useSignedIn();
  const navigate = useNavigate();
  const [query, setQuery] = useQueryState();
  const chosen = (query.get('filter') ?? 'all') as FilterName;
  const filter: FilterName = chosen in filterQuery ? chosen : 'all';
  const names: FilterName[] = isOfficer
    ? ['all', 'toClassify', 'unacknowledged', 'overdue']
    : ['mine', 'all', 'toClassify', 'unacknowledged', 'overdue'];
  const text = query.get('q') ?? '';
  const search = useCallback((q: string) => setQuery({ q }), [setQuery]);
  const tips = useTips({ ...filterQuery[filter], q: text, limit: 50 });
  const columns = useTipColumns(isOfficer ? 'received' : 'unit');
  return (
    <section className="panel" aria-labelledby="desk-list">
      <header className="panel-head">
        <h2 id="desk-list">{t.desk.list}</h2>
        <div className="segments" role="group" aria-label={t.common.filter}>
          {names.map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={name === filter}
              onClick={() => setQuery({ filter: name === 'all' ? null : name })}
              data-testid={`filter-${name}`}
            >
              {t.desk.filters[name]}
            </button>
          ))}
        </div>
        <QuickSearch className="push" value={text} onChange={search} />
      </header>
      {tips.isError ? (
        <LoadProblem error={tips.error} retry={() => void tips.refetch()} />
      ) : tips.isPending ? (
        <Loading rows={8} />
      ) : tips.items.length === 0 ? (
        <Empty
          title={filter === 'all' && text === '' ? t.desk.empty : t.desk.emptyFiltered}
          {...(filter === 'all' && text === '' ? { hint: t.desk.emptyHint } : {})}
          act={
            filter === 'all' && text === '' && isOfficer ? (
              <Link to="/receive">{t.receive.title}</Link>
            ) : (
              <Button size="small" onClick={() => setQuery({ filter: null, q: null })}>
                {t.common.clear}
              </Button>
            )
          }
        />
      ) : (
        <>
          <DataTable
            rows={tips.items}
            columns={columns}
            rowKey={(tip) => tip.id}
            label={t.desk.list}
            testId="tip-list"
            pageKeys
            onOpen={(tip) => void navigate(`/tips/${tip.id}`)}
            actions={(tip) => {
              const next = nextAct(tip, me);
              return next === null ? null : (
                <Button size="small" type="text" onClick={() => openAct(tip, next)}>
                  {t.acts.names[next]}
                </Button>
              );
            }}
          />
          <More has={tips.hasNextPage} loading={tips.isFetchingNextPage} load={() => void tips.fetchNextPage()} />
        </>
      )}
    </section>
  );
}
