import { useCallback, useMemo } from 'react';
import { Link } from 'react-router';
import { useUnits } from '../api/queries';
import type { Unit } from '../api/types';
import { hasRole, useSignedIn } from '../frame/me';
import { useI18n } from '../i18n';
import { DataTable, type Column } from '../ui/data-table';
import { formatNumber, plain } from '../ui/format';
import { QuickSearch } from '../ui/quick-search';
import { Empty, Loading, LoadProblem } from '../ui/states';
import { useQueryState } from '../ui/use-query-state';
import { useTitle } from '../ui/use-title';
import './units.css';

interface Placed extends Unit {
  depth: number;
}

/** The units as a tree, parents before their children. A unit whose parent is not in the list stands at the top. */
function asTree(units: readonly Unit[]): Placed[] {
  const codes = new Set(units.map(({ code }) => code));
  const children = new Map<string | null, Unit[]>();
  for (const unit of units) {
    const parent = unit.parentCode !== null && codes.has(unit.parentCode) ? unit.parentCode : null;
    children.set(parent, [...(children.get(parent) ?? []), unit]);
  }
  const placed: Placed[] = [];
  const place = (parent: string | null, depth: number): void => {
    for (const unit of children.get(parent) ?? []) {
      placed.push({ ...unit, depth });
      place(unit.code, depth + 1);
    }
  };
  place(null, 0);
  return placed;
}

/** The units of the system; they come by import. */
export default function Units() {
  const { t, language } = useI18n();
  const me = useSignedIn();
  const units = useUnits();
  const [query, setQuery] = useQueryState();
  const q = query.get('q') ?? '';
  const search = useCallback((text: string) => setQuery({ q: text }), [setQuery]);
  useTitle(t.units.title);
  const rows = useMemo(() => {
    const tree = asTree(units.data?.items ?? []);
    const wanted = plain(q.trim());
    return wanted === ''
      ? tree
      : tree.filter((unit) => plain(`${unit.code} ${unit.nameVi} ${unit.nameEn ?? ''}`).includes(wanted));
  }, [units.data, q]);
  const columns = useMemo<Column<Placed>[]>(
    () => [
      {
        key: 'name',
        title: t.units.name,
        lead: true,
        render: (unit) => (
          <span className="unit-tree" style={{ paddingInlineStart: `calc(${unit.depth} * var(--x5))` }}>
            {language === 'vi' ? unit.nameVi : (unit.nameEn ?? unit.nameVi)}
          </span>
        ),
      },
      { key: 'code', title: t.units.code, render: (unit) => <span className="quiet">{unit.code}</span> },
      { key: 'kind', title: t.units.kind, render: (unit) => t.units.kinds[unit.kind] ?? unit.kind },
      { key: 'level', title: t.units.level, render: (unit) => t.units.levels[unit.level] ?? unit.level },
      {
        key: 'remote',
        title: <span className="visually-hidden">{t.units.remote}</span>,
        render: (unit) => (unit.remote ? <span className="tag">{t.units.remote}</span> : null),
      },
    ],
    [t, language],
  );
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t.units.title}</h1>
        <span className="quiet">{units.data === undefined ? '' : formatNumber(units.data.items.length, language)}</span>
      </div>
      <section className="panel" aria-label={t.units.title}>
        <div className="panel-head filters">
          <QuickSearch value={q} onChange={search} placeholder={t.units.search} />
        </div>
        {units.isError ? (
          <LoadProblem error={units.error} retry={() => void units.refetch()} />
        ) : units.data === undefined ? (
          <Loading rows={10} />
        ) : rows.length === 0 ? (
          <Empty
            title={q === '' ? t.units.empty : t.common.notFound}
            {...(q === '' ? { hint: t.units.emptyHint } : {})}
            act={q === '' && hasRole(me, 'operator') ? <Link to="/imports">{t.imports.title}</Link> : null}
          />
        ) : (
          <DataTable
            rows={rows}
            columns={columns}
            rowKey={(unit) => unit.code}
            label={t.units.title}
            testId="unit-list"
          />
        )}
      </section>
    </div>
  );
}
