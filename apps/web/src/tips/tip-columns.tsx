import { useMemo, type ReactNode } from 'react';
import { Link } from 'react-router';
import type { TipRow } from '../api/types';
import { useI18n } from '../i18n';
import type { Column } from '../ui/data-table';
import { formatWhen } from '../ui/format';
import { TipStatusTag, UrgentTag } from '../ui/status';
import { Term } from '../ui/term';

/** The number of a matter as a link; a click on it does not also open the row. */
export function MatterLink({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Link to={to} onClick={(event) => event.stopPropagation()}>
      {children}
    </Link>
  );
}

/** What a list of tips shows, the first three facts being number with what it is, state, and term. */
export function useTipColumns({ withUnit = true }: { withUnit?: boolean } = {}): Column<TipRow>[] {
  const { t, say } = useI18n();
  return useMemo(() => {
    const columns: Column<TipRow>[] = [
      {
        key: 'number',
        title: t.tip.number,
        lead: true,
        width: 'narrow',
        render: (tip) => (
          <>
            <MatterLink to={`/tips/${tip.id}`}>{tip.registerNumber}</MatterLink> <UrgentTag tip={tip} />
          </>
        ),
      },
      {
        key: 'category',
        title: t.tip.category,
        render: (tip) =>
          tip.category === null ? (
            <span className="quiet">{t.tip.kinds[tip.kind]}</span>
          ) : (
            t.tip.categories[tip.category]
          ),
      },
      { key: 'kind', title: t.tip.kind, deskOnly: true, render: (tip) => t.tip.kinds[tip.kind] },
      { key: 'place', title: t.tip.commune, render: (tip) => tip.communeName ?? <span className="quiet">–</span> },
      { key: 'status', title: t.tip.status, render: (tip) => <TipStatusTag status={tip.status} /> },
      {
        key: 'term',
        title: t.term.by,
        width: 'wide',
        render: (tip) => (tip.term === null ? <span className="quiet">–</span> : <Term term={tip.term} brief />),
      },
      {
        key: 'received',
        title: t.tip.receivedAt,
        deskOnly: true,
        render: (tip) => <span className="quiet">{formatWhen(tip.receivedAt)}</span>,
      },
    ];
    if (withUnit) {
      columns.push({
        key: 'unit',
        title: t.tip.responsible,
        deskOnly: true,
        render: (tip) => say(tip.unitName) || tip.unitCode,
      });
    }
    return columns;
  }, [t, say, withUnit]);
}
