import { Fragment, lazy, Suspense } from 'react';
import { Link, useParams } from 'react-router';
import { useHistory, useMatterObligations, useTip, useUnitName } from '../api/queries';
import type { TipDetail } from '../api/types';
import { useI18n } from '../i18n';
import { ActButtons } from '../matter/act-buttons';
import { TimeAxis } from '../matter/time-axis';
import { Timeline } from '../matter/timeline';
import '../matter/matter.css';
import { formatDay, formatWhen } from '../ui/format';
import { Icon } from '../ui/icon';
import { Loading, LoadProblem } from '../ui/states';
import { TipStatusTag, UrgentTag } from '../ui/status';
import { useQueryState } from '../ui/use-query-state';
import { useTitle } from '../ui/use-title';
import { InformantPanel } from './informant-panel';

const ActDrawer = lazy(() => import('../acts/matter-act-drawer'));

/** One matter: facts, the acts allowed now, its clocks, what happened, the text, and the informant behind a reason. */
export default function Tip() {
  const { id = '' } = useParams();
  const { t } = useI18n();
  const tip = useTip(id);
  useTitle(tip.data === undefined ? t.tip.one : `${tip.data.registerNumber} ${t.tip.one}`);
  if (tip.isError && tip.data === undefined) return <LoadProblem error={tip.error} retry={() => void tip.refetch()} />;
  if (tip.data === undefined) return <Loading rows={12} />;
  return <TipPage tip={tip.data} />;
}

function TipPage({ tip }: { tip: TipDetail }) {
  const { t, say } = useI18n();
  const [query, setQuery] = useQueryState();
  const act = query.get('act');
  const history = useHistory(`/api/tips/${tip.id}`);
  const obligations = useMatterObligations(`/api/tips/${tip.id}`);
  const unitName = useUnitName();
  const responsible = say(tip.unitName) || unitName(tip.unitCode);
  const route =
    tip.transferredTo !== null && tip.transferAcknowledgedAt === null
      ? t.tip.route(responsible, unitName(tip.transferredTo))
      : tip.receivedBy !== tip.unitCode
        ? t.tip.route(unitName(tip.receivedBy), responsible)
        : responsible;
  const what = tip.category === null ? null : t.tip.categories[tip.category];
  const offence = tip.offence === null ? null : t.tip.offenceOf(tip.offence.article, tip.offence.clause);
  const facts: [string, string | null][] = [
    [t.tip.receivedAt, formatWhen(tip.receivedAt)],
    [t.tip.channel, t.tip.channels[tip.channel]],
    [t.tip.commune, tip.communeName],
    [t.tip.offence, offence],
    [t.tip.receivedBy, unitName(tip.receivedBy)],
    [t.tip.responsible, responsible],
    [t.tip.supervisedBy, unitName(tip.supervisedBy)],
    [t.tip.investigator, tip.investigator ?? t.tip.unassigned],
  ];

  return (
    <div className="page">
      <header className="matter-head">
        <div className="matter-title">
          <h1>
            <span className="matter-number" data-testid="register-number">
              {tip.registerNumber}
            </span>{' '}
            · {t.tip.kinds[tip.kind]}
            {what === null ? null : ` · ${what}`}
            {offence === null ? null : <span className="matter-offence"> · {offence}</span>}
          </h1>
          <TipStatusTag status={tip.status} />
          <UrgentTag tip={tip} />
        </div>
        <p className="matter-line">
          <span>{tip.investigator === null ? t.tip.unassigned : `${t.tip.investigator} ${tip.investigator}`}</span>
          <span>{route}</span>
          {tip.supervisedBy === null ? null : <span>{unitName(tip.supervisedBy)}</span>}
        </p>
        <Notes tip={tip} />
        <ActButtons acts={tip.acts} onAct={(name) => setQuery({ act: name }, { push: true })} />
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
          <TimeAxis obligations={obligations.data.items} suspended={tip.status === 'suspended'} />
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
        <div className="matter-column">
          <section className="panel" aria-labelledby="content">
            <header className="panel-head">
              <h2 id="content">{t.tip.content}</h2>
            </header>
            <div className="panel-body">
              {tip.content === null ? (
                <p className="quiet">{t.tip.contentHidden}</p>
              ) : (
                <p className="matter-text">{tip.content}</p>
              )}
            </div>
          </section>
          <InformantPanel key={tip.id} tip={tip} />
          <section className="panel" aria-labelledby="facts">
            <header className="panel-head">
              <h2 id="facts">{t.tip.facts}</h2>
              {tip.missing.length === 0 ? null : (
                <span className="missing-line push" data-testid="missing">
                  <span className="quiet">{t.tip.missing}:</span>
                  {tip.missing.map((field) => (
                    <span key={field} className="tag tag-wait">
                      {t.missingFields[field] ?? field}
                    </span>
                  ))}
                </span>
              )}
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
      </div>

      <Suspense fallback={null}>
        {act === null ? null : (
          <ActDrawer
            target={{ ...tip, path: `/api/tips/${tip.id}`, number: tip.registerNumber }}
            act={act}
            onClose={() => setQuery({ act: null })}
          />
        )}
      </Suspense>
    </div>
  );
}

/** What must be known before acting: suspension, extension, transfer under way, outcome. */
function Notes({ tip }: { tip: TipDetail }) {
  const { t } = useI18n();
  const unitName = useUnitName();
  const notes: { icon: 'pause' | 'extension' | 'send' | 'check'; text: string; link?: string }[] = [];
  if (tip.status === 'suspended' && tip.suspendedAt !== null) {
    notes.push({
      icon: 'pause',
      text: `${t.tip.suspendedSince(formatWhen(tip.suspendedAt))}${tip.suspensionGround === null ? '' : `: ${t.tip.grounds[tip.suspensionGround]}`}`,
    });
  }
  if (tip.extension !== null) {
    const { state, to } = tip.extension;
    notes.push({
      icon: 'extension',
      text:
        state === 'requested'
          ? t.tip.extensionOpen
          : state === 'refused'
            ? t.tip.extensionRefused
            : to === null
              ? t.tip.extensionGrantedPlain
              : t.tip.extensionGranted(formatDay(to)),
    });
  }
  if (tip.transferredTo !== null && tip.transferAcknowledgedAt === null) {
    notes.push({
      icon: 'send',
      text: `${t.tip.transferredTo(unitName(tip.transferredTo))}, ${t.tip.waitingAcknowledgement}`,
    });
  }
  if (tip.outcome !== null) {
    notes.push({
      icon: 'check',
      text: `${t.tip.outcome}: ${t.tip.outcomes[tip.outcome]}${tip.decidedAt === null ? '' : `, ${formatWhen(tip.decidedAt)}`}`,
      ...(tip.caseId === null ? {} : { link: `/cases/${tip.caseId}` }),
    });
  }
  if (notes.length === 0) return null;
  return (
    <ul className="matter-notes" data-testid="notes">
      {notes.map((note) => (
        <li key={note.text}>
          <Icon name={note.icon} /> {note.text}{' '}
          {note.link === undefined ? null : <Link to={note.link}>{t.tip.caseLink}</Link>}
        </li>
      ))}
    </ul>
  );
}
