import { Fragment, lazy, Suspense } from 'react';
import { Link, useParams } from 'react-router';
import { useCase, useHistory, useMatterObligations, useUnitName } from '../api/queries';
import type { CaseDetail } from '../api/types';
import { useI18n } from '../i18n';
import { ActButtons } from '../matter/act-buttons';
import { TimeAxis } from '../matter/time-axis';
import { Timeline } from '../matter/timeline';
import '../matter/matter.css';
import { formatDay, formatWhen } from '../ui/format';
import { Loading, LoadProblem } from '../ui/states';
import { CaseStatusTag } from '../ui/status';
import { useQueryState } from '../ui/use-query-state';
import { useTitle } from '../ui/use-title';

const ActDrawer = lazy(() => import('../acts/matter-act-drawer'));

/** One criminal case: facts, acts, clocks, what happened. */
export default function Case() {
  const { id = '' } = useParams();
  const { t } = useI18n();
  const found = useCase(id);
  useTitle(found.data?.caseNumber ?? t.cases.one);
  if (found.isError && found.data === undefined)
    return <LoadProblem error={found.error} retry={() => void found.refetch()} />;
  if (found.data === undefined) return <Loading rows={12} />;
  return <CasePage data={found.data} />;
}

function CasePage({ data }: { data: CaseDetail }) {
  const { t } = useI18n();
  const [query, setQuery] = useQueryState();
  const act = query.get('act');
  const history = useHistory(`/api/cases/${data.id}`);
  const obligations = useMatterObligations(`/api/cases/${data.id}`);
  const unitName = useUnitName();
  const number = data.caseNumber ?? t.cases.noNumber;
  const when = (moment: string | null): string | null => (moment === null ? null : formatWhen(moment));
  const facts: [string, string | null][] = [
    [t.cases.initiatedAt, when(data.initiatedAt)],
    [t.tip.offence, data.offence === null ? null : t.tip.offenceOf(data.offence.article, data.offence.clause)],
    [t.cases.class, data.class === null ? null : t.cases.classes[data.class]],
    [t.cases.accused, data.accusedCount ? String(data.accusedCount) : null],
    [t.cases.concludedAt, when(data.concludedAt)],
    [t.cases.fileReceivedAt, when(data.fileReceivedAt)],
    [t.cases.prosecutionExtendedTo, data.prosecutionExtendedTo === null ? null : formatDay(data.prosecutionExtendedTo)],
    [
      t.cases.decision,
      data.decision === null
        ? null
        : [t.acts.decisions[data.decision], when(data.decidedAt)].filter(Boolean).join(', '),
    ],
    [t.common.unit, unitName(data.unitCode)],
    [t.tip.supervisedBy, unitName(data.supervisedBy)],
  ];
  return (
    <div className="page">
      <header className="matter-head">
        <div className="matter-title">
          <h1>
            <span className="matter-number" data-testid="case-number">
              {number}
            </span>{' '}
            · {t.cases.one}
            {data.category === null ? null : ` · ${t.tip.categories[data.category]}`}
          </h1>
          <CaseStatusTag status={data.status} />
          {data.juvenile === true ? <span className="tag tag-wait">{t.cases.juvenile}</span> : null}
          {data.shortened === true ? <span className="tag">{t.cases.shortened}</span> : null}
        </div>
        <p className="matter-line">
          <span>{unitName(data.unitCode)}</span>
          {data.supervisedBy === null ? null : <span>{unitName(data.supervisedBy)}</span>}
          {data.tipId === null ? null : (
            <span>
              <Link to={`/tips/${data.tipId}`}>{t.cases.openTip}</Link>
            </span>
          )}
        </p>
        <ActButtons acts={data.acts} onAct={(name) => setQuery({ act: name }, { push: true })} />
      </header>
      <section className="panel" aria-labelledby="clocks">
        <header className="panel-head">
          <h2 id="clocks">{t.tip.clocks}</h2>
        </header>
        {obligations.isError ? (
          <LoadProblem error={obligations.error} retry={() => void obligations.refetch()} />
        ) : obligations.data === undefined ? (
          <Loading rows={3} />
        ) : (
          <TimeAxis
            obligations={obligations.data.items}
            suspended={data.status === 'suspended' || data.status === 'investigation_suspended'}
          />
        )}
      </section>
      <div className="matter-body">
        <section className="panel" aria-labelledby="history">
          <header className="panel-head">
            <h2 id="history">{t.tip.history}</h2>
            <span className="quiet">{t.tip.historyHint}</span>
          </header>
          {history.isError ? (
            <LoadProblem error={history.error} retry={() => void history.refetch()} />
          ) : history.data === undefined ? (
            <Loading rows={5} />
          ) : (
            <Timeline items={history.data.items} />
          )}
        </section>
        <section className="panel" aria-labelledby="facts">
          <header className="panel-head">
            <h2 id="facts">{t.tip.facts}</h2>
          </header>
          <dl className="facts panel-body">
            {facts.map(([word, value]) => (
              <Fragment key={word}>
                {value === null || value === '' ? null : (
                  <div>
                    <dt>{word}</dt>
                    <dd>{value}</dd>
                  </div>
                )}
              </Fragment>
            ))}
          </dl>
        </section>
      </div>
      <Suspense fallback={null}>
        {act === null ? null : (
          <ActDrawer
            target={{ ...data, path: `/api/cases/${data.id}`, number }}
            act={act}
            onClose={() => setQuery({ act: null })}
          />
        )}
      </Suspense>
    </div>
  );
}
