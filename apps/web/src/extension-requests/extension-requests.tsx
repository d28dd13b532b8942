import { Button } from 'antd';
import { lazy, Suspense } from 'react';
import { Link } from 'react-router';
import { useExtensionRequests } from '../api/queries';
import type { ExtensionRequest } from '../api/types';
import { hasRole, useSignedIn } from '../frame/me';
import { useI18n } from '../i18n';
import { formatDay, formatWeekday, formatWhen } from '../ui/format';
import { Icon } from '../ui/icon';
import { More } from '../ui/more';
import { Empty, Loading, LoadProblem } from '../ui/states';
import { Term } from '../ui/term';
import { useQueryState } from '../ui/use-query-state';
import { useTitle } from '../ui/use-title';
import './extension-requests.css';

const DecideExtension = lazy(() => import('./decide-extension'));

const states = ['requested', 'granted', 'refused'] as const;

/** Extension requests: the procuracy grants or refuses each in place. */
export default function ExtensionRequests() {
  const { t } = useI18n();
  const me = useSignedIn();
  const [query, setQuery] = useQueryState();
  const chosen = query.get('state') as ExtensionRequest['state'] | null;
  const state = chosen !== null && states.includes(chosen) ? chosen : 'requested';
  const requests = useExtensionRequests(state);
  const mayDecide = hasRole(me, 'prosecutor');
  const verdict = query.get('act') === 'refuse' ? 'refuse' : query.get('act') === 'grant' ? 'grant' : null;
  const open = requests.items.find(({ id }) => id === query.get('on'));
  useTitle(t.extensions.title);

  return (
    <div className="page">
      <div className="page-head">
        <h1>{t.extensions.title}</h1>
        <div className="segments push" role="group" aria-label={t.common.filter}>
          {states.map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={name === state}
              onClick={() => setQuery({ state: name === 'requested' ? null : name })}
            >
              {t.extensions.states[name]}
            </button>
          ))}
        </div>
      </div>
      <section className="panel" aria-label={t.extensions.title}>
        {requests.isError ? (
          <LoadProblem error={requests.error} retry={() => void requests.refetch()} roles={['prosecutor']} />
        ) : requests.isPending ? (
          <Loading />
        ) : requests.items.length === 0 ? (
          <Empty title={t.extensions.empty} hint={t.extensions.emptyHint} />
        ) : (
          <ul className="requests" data-testid="extension-requests">
            {requests.items.map((request) => (
              <RequestRow
                key={request.id}
                request={request}
                mayDecide={mayDecide && request.state === 'requested'}
                decide={(name) => setQuery({ act: name, on: request.id }, { push: true })}
              />
            ))}
          </ul>
        )}
        <More
          has={requests.hasNextPage}
          loading={requests.isFetchingNextPage}
          load={() => void requests.fetchNextPage()}
        />
      </section>
      <Suspense fallback={null}>
        {open === undefined || verdict === null ? null : (
          <DecideExtension
            key={`${open.id} ${verdict}`}
            request={open}
            verdict={verdict}
            onClose={() => setQuery({ act: null, on: null })}
          />
        )}
      </Suspense>
    </div>
  );
}

export function RequestRow({
  request,
  mayDecide,
  decide,
  chosen = false,
}: {
  request: ExtensionRequest;
  chosen?: boolean;
  mayDecide: boolean;
  decide: (verdict: 'grant' | 'refuse') => void;
}) {
  const { t, say, language } = useI18n();
  return (
    <li className="request" data-row={request.id} data-chosen={chosen} aria-current={chosen ? 'true' : undefined}>
      <div className="request-what">
        <p>
          <Link to={`/tips/${request.tipId}`}>{request.registerNumber}</Link>
          {request.category === null ? null : ` · ${t.tip.categories[request.category]}`}
          <span className="quiet"> · {say(request.unitName) || request.unitCode}</span>
        </p>
        {request.reason === null ? null : <p className="request-reason">{request.reason}</p>}
        <p className="quiet request-dates">
          {t.extensions.requestedAt} {formatWhen(request.requestedAt)} · {t.extensions.termEndsOn}{' '}
          {formatDay(request.termEndsOn)} ({formatWeekday(request.termEndsOn, language)})
        </p>
      </div>
      <div className="request-side">
        {request.state === 'requested' ? (
          <Term term={{ ...request.decideBy, cites: ['TTLT 01/2017 11.2'] }} brief />
        ) : (
          <span className={request.state === 'granted' ? 'tag tag-done' : 'tag'}>
            <Icon name={request.state === 'granted' ? 'check' : 'close'} />
            {t.extensions.states[request.state]}
            {request.decidedAt === null ? '' : ` ${formatWhen(request.decidedAt)}`}
          </span>
        )}
        {mayDecide ? (
          <div className="acts">
            <Button type="primary" size="small" onClick={() => decide('grant')} data-testid="grant">
              {t.extensions.grant}
            </Button>
            <Button size="small" onClick={() => decide('refuse')} data-testid="refuse">
              {t.extensions.refuse}
            </Button>
          </div>
        ) : null}
      </div>
    </li>
  );
}
