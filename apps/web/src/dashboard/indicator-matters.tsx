import { useMemo } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { withQuery } from '../api/client';
import { useIndicatorMatters, useUnitName } from '../api/queries';
import type { IndicatorMatter } from '../api/types';
import { useI18n } from '../i18n';
import { MatterLink } from '../tips/tip-columns';
import { DataTable, type Column } from '../ui/data-table';
import { formatNumber, formatWhen } from '../ui/format';
import { More } from '../ui/more';
import { Empty, Loading, LoadProblem } from '../ui/states';
import { useQueryState } from '../ui/use-query-state';
import { useTitle } from '../ui/use-title';

const parts = ['numerator', 'denominator', 'open'] as const;
const linkOf = (matter: IndicatorMatter): string =>
  matter.matterKind === 'crime-tip' ? `/tips/${matter.matterId}` : `/cases/${matter.matterId}`;

/** The list of matters behind a figure; its length is the figure. */
export default function IndicatorMatters() {
  const { id = '' } = useParams();
  const { t, language } = useI18n();
  const navigate = useNavigate();
  const unitName = useUnitName();
  const [query, setQuery] = useQueryState();
  const part = query.get('part') ?? 'denominator';
  const asked = {
    unit: query.get('unit'),
    scheme: query.get('scheme'),
    period: query.get('period'),
    from: query.get('from'),
    to: query.get('to'),
  };
  const matters = useIndicatorMatters(id, { ...asked, part, limit: 100 });
  const name = t.dashboard.names[id] ?? (id === 'R2i' ? t.dashboard.initiated : id === 'R3' ? t.dashboard.lateNow : id);
  useTitle(t.dashboard.behindOf(name));
  const columns = useMemo<Column<IndicatorMatter>[]>(
    () => [
      {
        key: 'number',
        title: t.tip.number,
        lead: true,
        render: (row) => <MatterLink to={linkOf(row)}>{row.registerNumber ?? t.cases.noNumber}</MatterLink>,
      },
      {
        key: 'category',
        title: t.tip.category,
        render: (row) =>
          row.category === null ? <span className="quiet dash">–</span> : t.tip.categories[row.category],
      },
      { key: 'unit', title: t.common.unit, render: (row) => unitName(row.unitCode) },
      {
        key: 'received',
        title: t.tip.receivedAt,
        render: (row) => (row.receivedAt === null ? '–' : formatWhen(row.receivedAt)),
      },
      {
        key: 'accepted',
        title: t.dashboard.acceptedAt,
        deskOnly: true,
        render: (row) => (row.acceptedAt === null ? '–' : formatWhen(row.acceptedAt)),
      },
      {
        key: 'decided',
        title: t.dashboard.decidedAt,
        render: (row) => (row.decidedAt === null ? <span className="quiet dash">–</span> : formatWhen(row.decidedAt)),
      },
      {
        key: 'outcome',
        title: t.tip.outcome,
        render: (row) =>
          row.outcome === null
            ? null
            : (t.tip.outcomes[row.outcome as keyof typeof t.tip.outcomes] ??
              t.acts.decisions[row.outcome as keyof typeof t.acts.decisions] ??
              row.outcome),
      },
    ],
    [t, unitName],
  );
  return (
    <div className="page">
      <header className="page-head">
        <h1>{name}</h1>
        <span className="quiet" data-testid="total">
          {matters.total === undefined ? '' : t.dashboard.total(formatNumber(matters.total, language))}
        </span>
        <Link className="push" to={withQuery('/dashboard', asked)}>
          {t.dashboard.title}
        </Link>
      </header>
      <section className="panel" aria-label={t.dashboard.behindOf(name)}>
        <div className="panel-head">
          <div className="segments" role="group" aria-label={t.dashboard.behind}>
            {parts.map((key) => (
              <button key={key} type="button" aria-pressed={key === part} onClick={() => setQuery({ part: key })}>
                {t.dashboard.parts[key]}
              </button>
            ))}
          </div>
        </div>
        {matters.isError ? (
          <LoadProblem error={matters.error} retry={() => void matters.refetch()} />
        ) : matters.isPending ? (
          <Loading rows={10} />
        ) : matters.items.length === 0 ? (
          <Empty title={t.dashboard.noMatters} />
        ) : (
          <>
            <DataTable
              rows={matters.items}
              columns={columns}
              rowKey={(row) => `${row.matterId} ${row.acceptedAt ?? ''}`}
              label={t.dashboard.behindOf(name)}
              testId="matters"
              pageKeys
              onOpen={(row) => void navigate(linkOf(row))}
            />
            <More
              has={matters.hasNextPage}
              loading={matters.isFetchingNextPage}
              load={() => void matters.fetchNextPage()}
            />
          </>
        )}
      </section>
    </div>
  );
}
