import { useMemo, type ReactNode } from 'react';
import { Link } from 'react-router';
import type { TipRow } from '../api/types';
import { useI18n } from '../i18n';
import type { Column } from '../ui/data-table';
import { now } from '../ui/clock';
import { formatRecent } from '../ui/format';
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

/**
 * What a list of tips shows: number, what it is, place, state, term, then when it was received or who is responsible, or both.
 * @param last the columns after the term; a list with buttons has room for one
 */
export function useTipColumns(last: 'received' | 'unit' | 'both' = 'both'): Column<TipRow>[] {
  const { t, say, language } = useI18n();
  return useMemo(() => {
    const columns: Column<TipRow>[] = [
      {
        key: 'number',
        title: t.tip.number,
        lead: true,
        width: 'narrow',
        render: (tip) => <MatterLink to={`/tips/${tip.id}`}>{tip.registerNumber}</MatterLink>,
      },
      {
        key: 'what',
        title: t.tip.category,
        render: (tip) => (
          <span
            title={`${tip.category === null ? '' : `${t.tip.categories[tip.category]} · `}${t.tip.kinds[tip.kind]}`}
          >
            {tip.category === null ? null : <>{t.tip.categories[tip.category]} </>}
            <span className="quiet">{t.tip.kinds[tip.kind].toLocaleLowerCase(language)}</span> <UrgentTag tip={tip} />
          </span>
        ),
      },
      { key: 'place', title: t.tip.commune, render: (tip) => tip.communeName ?? <span className="quiet dash">–</span> },
      { key: 'status', title: t.tip.status, render: (tip) => <TipStatusTag status={tip.status} /> },
      {
        key: 'term',
        title: t.term.by,
        width: 'wide',
        render: (tip) => (tip.term === null ? <span className="quiet dash">–</span> : <Term term={tip.term} brief />),
      },
    ];
    if (last !== 'unit') {
      columns.push({
        key: 'received',
        title: t.tip.receivedAt,
        deskOnly: true,
        render: (tip) => <span className="quiet">{formatRecent(tip.receivedAt, now())}</span>,
      });
    }
    if (last !== 'received') {
      columns.push({
        key: 'unit',
        title: t.tip.responsible,
        deskOnly: true,
        render: (tip) => say(tip.unitName) || tip.unitCode,
      });
    }
    return columns;
  }, [t, say, language, last]);
}
