import { useCallback, useMemo } from 'react';
import { useNavigate } from 'react-router';
import { useCases, useUnitName } from '../api/queries';
import { caseStatuses, type CaseRow } from '../api/types';
import { useI18n } from '../i18n';
import { MatterLink } from '../tips/tip-columns';
import { DataTable, type Column } from '../ui/data-table';
import { SelectField } from '../ui/field';
import { formatDay } from '../ui/format';
import { More } from '../ui/more';
import { QuickSearch } from '../ui/quick-search';
import { Empty, Loading, LoadProblem } from '../ui/states';
import { CaseStatusTag } from '../ui/status';
import { Term } from '../ui/term';
import { useQueryState } from '../ui/use-query-state';
import { useTitle } from '../ui/use-title';

/** Criminal cases within the person's units. */
export default function Cases() {
  const { t } = useI18n();
  const navigate = useNavigate();
  const unitName = useUnitName();
  const [query, setQuery] = useQueryState();
  const status = query.get('status');
  const q = query.get('q');
  const cases = useCases({ status, q, limit: 100 });
  const search = useCallback((text: string) => setQuery({ q: text }), [setQuery]);
  useTitle(t.cases.title);
  const columns = useMemo<Column<CaseRow>[]>(
    () => [
      {
        key: 'number',
        title: t.tip.number,
        lead: true,
        render: (row) => <MatterLink to={`/cases/${row.id}`}>{row.caseNumber ?? t.cases.noNumber}</MatterLink>,
      },
      {
        key: 'category',
        title: t.tip.category,
        render: (row) => (row.category === null ? '–' : t.tip.categories[row.category]),
      },
      {
        key: 'offence',
        title: t.tip.offence,
        render: (row) => (
          <>
            {row.offence === null ? '–' : t.tip.offenceOf(row.offence.article, row.offence.clause)}
            {row.class === null ? null : (
              <abbr className="quiet" title={t.cases.classes[row.class]}>
                {' '}
                · {t.cases.classesShort[row.class]}
              </abbr>
            )}
          </>
        ),
      },
      { key: 'status', title: t.tip.status, render: (row) => <CaseStatusTag status={row.status} /> },
      {
        key: 'term',
        title: t.term.by,
        width: 'wide',
        render: (row) =>
          row.term === null ? (
            <span className="quiet dash">–</span>
          ) : (
            <Term term={{ ...row.term, cites: row.term.cites ?? [] }} brief />
          ),
      },
      {
        key: 'accused',
        title: t.cases.accused,
        numeric: true,
        deskOnly: true,
        render: (row) => row.accusedCount || '–',
      },
      {
        key: 'initiated',
        title: t.cases.initiatedAt,
        deskOnly: true,
        render: (row) => <span className="quiet">{formatDay(row.initiatedAt)}</span>,
      },
      { key: 'unit', title: t.common.unit, deskOnly: true, render: (row) => unitName(row.unitCode) },
    ],
    [t, unitName],
  );
  return (
    <div className="page">
      <h1>{t.cases.title}</h1>
      <section className="panel" aria-label={t.cases.title}>
        <div className="panel-head filters">
          <QuickSearch value={q ?? ''} onChange={search} placeholder={t.cases.search} />
          <SelectField
            bare
            label={t.tip.status}
            placeholder={t.tips.anyStatus}
            value={status}
            onChange={(next) => setQuery({ status: next })}
            options={caseStatuses.map((name) => ({ value: name, label: t.cases.statuses[name] }))}
          />
        </div>
        {cases.isError ? (
          <LoadProblem error={cases.error} retry={() => void cases.refetch()} />
        ) : cases.isPending ? (
          <Loading rows={10} />
        ) : cases.items.length === 0 ? (
          <Empty
            title={status === null && q === null ? t.cases.empty : t.desk.emptyFiltered}
            {...(status === null && q === null ? { hint: t.cases.emptyHint } : {})}
          />
        ) : (
          <>
            <DataTable
              rows={cases.items}
              columns={columns}
              rowKey={(row) => row.id}
              label={t.cases.title}
              testId="case-list"
              pageKeys
              onOpen={(row) => void navigate(`/cases/${row.id}`)}
            />
            <More has={cases.hasNextPage} loading={cases.isFetchingNextPage} load={() => void cases.fetchNextPage()} />
          </>
        )}
      </section>
    </div>
  );
}
