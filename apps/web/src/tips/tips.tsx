import { Button } from 'antd';
import { useCallback } from 'react';
import { useNavigate } from 'react-router';
import { useTips } from '../api/queries';
import { categories, tipKinds, tipStatuses } from '../api/types';
import { UnitField } from '../acts/lookup-fields';
import { useSignedIn } from '../frame/me';
import { useI18n } from '../i18n';
import { DataTable } from '../ui/data-table';
import { DayField, SelectField } from '../ui/field';
import { addDays } from '../ui/format';
import { More } from '../ui/more';
import { QuickSearch } from '../ui/quick-search';
import { Empty, Loading, LoadProblem } from '../ui/states';
import { useQueryState } from '../ui/use-query-state';
import { useTitle } from '../ui/use-title';
import { useTipColumns } from './tip-columns';

const filterNames = ['status', 'kind', 'category', 'unit', 'overdue', 'from', 'to', 'dueBefore', 'q'] as const;
/** A day typed as "to" is meant whole. */
const startOf = (day: string | null): string | null => (day === null ? null : `${day}T00:00:00+07:00`);

/** Every tip within the person's units, with filters in the address. */
export default function Tips() {
  const { t } = useI18n();
  const me = useSignedIn();
  const navigate = useNavigate();
  const [query, setQuery] = useQueryState();
  useTitle(t.tips.title);
  const value = (name: string): string | null => query.get(name);
  const sort = value('sort') ?? 'due';
  const to = value('to');
  const isFiltered = filterNames.some((name) => query.has(name));
  // A term runs only in open tips: the list by term leaves the rest out, so any filter that asks for closed ones goes by reception.
  const byDue =
    sort === 'due' && !['initiated', 'not_initiated', 'merged', 'suspended'].includes(value('status') ?? '');
  const tips = useTips({
    sort: byDue ? 'due' : 'received',
    status: value('status'),
    kind: value('kind'),
    category: value('category'),
    unit: value('unit'),
    overdue: value('overdue'),
    from: startOf(value('from')),
    to: startOf(to === null ? null : addDays(to, 1)),
    dueBefore: startOf(value('dueBefore')),
    q: value('q'),
    limit: 100,
  });
  const columns = useTipColumns();
  const search = useCallback((q: string) => setQuery({ q }), [setQuery]);
  const several = me.units.length > 1 || !/^PC-\d+-\d+$/.test(me.units[0] ?? '');

  return (
    <div className="page">
      <div className="page-head">
        <h1>{t.tips.title}</h1>
        <div className="segments push" role="group" aria-label={t.common.sort}>
          {(['due', 'received'] as const).map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={name === (byDue ? 'due' : 'received')}
              onClick={() => setQuery({ sort: name })}
            >
              {name === 'due' ? t.tips.sortDue : t.tips.sortReceived}
            </button>
          ))}
        </div>
      </div>
      <section className="panel" aria-label={t.tips.title}>
        <div className="panel-head filters">
          <QuickSearch value={value('q') ?? ''} onChange={search} />
          <SelectField
            bare
            label={t.tip.status}
            placeholder={t.tips.anyStatus}
            value={value('status')}
            onChange={(status) => setQuery({ status })}
            options={tipStatuses.map((status) => ({ value: status, label: t.tip.statuses[status] }))}
          />
          <SelectField
            bare
            label={t.tip.kind}
            placeholder={t.tips.anyKind}
            value={value('kind')}
            onChange={(kind) => setQuery({ kind })}
            options={tipKinds.map((kind) => ({ value: kind, label: t.tip.kinds[kind] }))}
          />
          <SelectField
            bare
            label={t.tip.category}
            placeholder={t.tips.anyCategory}
            value={value('category')}
            onChange={(category) => setQuery({ category })}
            options={categories.map((category) => ({ value: category, label: t.tip.categories[category] }))}
          />
          <button
            type="button"
            className={value('overdue') === 'true' ? 'toggle toggle-on' : 'toggle'}
            aria-pressed={value('overdue') === 'true'}
            onClick={() => setQuery({ overdue: value('overdue') === 'true' ? null : 'true' })}
          >
            {t.tips.overdueOnly}
          </button>
          <details className="filter-more">
            <summary>{t.common.filter}</summary>
            <div className="filter-box fields">
              {several ? <UnitField value={value('unit')} onChange={(unit) => setQuery({ unit })} /> : null}
              <DayField label={t.tips.receivedFrom} value={value('from')} onChange={(from) => setQuery({ from })} />
              <DayField label={t.tips.receivedTo} value={to} onChange={(day) => setQuery({ to: day })} />
              <DayField
                label={t.tips.dueBefore}
                value={value('dueBefore')}
                onChange={(dueBefore) => setQuery({ dueBefore })}
              />
            </div>
          </details>
          {isFiltered ? (
            <Button
              size="small"
              type="text"
              onClick={() => setQuery(Object.fromEntries(filterNames.map((name) => [name, null])))}
            >
              {t.common.clear}
            </Button>
          ) : null}
        </div>
        {tips.isError ? (
          <LoadProblem error={tips.error} retry={() => void tips.refetch()} />
        ) : tips.isPending ? (
          <Loading rows={12} />
        ) : tips.items.length === 0 ? (
          <Empty
            title={isFiltered ? t.desk.emptyFiltered : t.tips.empty}
            {...(isFiltered ? {} : { hint: t.desk.emptyHint })}
          />
        ) : (
          <>
            <DataTable
              rows={tips.items}
              columns={columns}
              rowKey={(tip) => tip.id}
              label={t.tips.title}
              testId="tip-list"
              pageKeys
              onOpen={(tip) => void navigate(`/tips/${tip.id}`)}
            />
            <More has={tips.hasNextPage} loading={tips.isFetchingNextPage} load={() => void tips.fetchNextPage()} />
          </>
        )}
      </section>
    </div>
  );
}
