import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import { get, newIntentKey, post } from '../api/client';
import { hasRole, useSignedIn } from '../frame/me';
import { useI18n } from '../i18n';
import { formatNumber, formatWhen } from '../ui/format';
import { Icon } from '../ui/icon';
import { Empty, Loading, LoadProblem, Refused } from '../ui/states';
import { useTitle } from '../ui/use-title';
import './operations.css';
import { SERVICES, type ConsumerView, type OperatedService, type ParkedStream } from './types';

const WATCH_MS = 1_000;
const REST_MS = 10_000;

/** The machine room: who reads events and how far, what waits, and read models made anew while everybody reads on. */
export default function OperationsPage() {
  const { t } = useI18n();
  useTitle(t.operations.title);
  return (
    <div className="page">
      <header>
        <h1>{t.operations.title}</h1>
        <p className="page-lead">{t.operations.lead}</p>
      </header>
      {SERVICES.map((service) => (
        <ServicePanel key={service} service={service} />
      ))}
    </div>
  );
}

const isUnderWay = ({ rebuild }: ConsumerView): boolean =>
  rebuild !== null && rebuild.phase !== 'done' && rebuild.phase !== 'failed';

function ServicePanel({ service }: { service: OperatedService }) {
  const { t, language } = useI18n();
  const consumers = useQuery({
    queryKey: ['operations', service, 'consumers'],
    queryFn: ({ signal }) => get<{ items: ConsumerView[] }>(`/api/operations/${service}/consumers`, undefined, signal),
    refetchInterval: (query) => (query.state.data?.items.some(isUnderWay) ? WATCH_MS : REST_MS),
  });
  const parked = useQuery({
    queryKey: ['operations', service, 'parked'],
    queryFn: ({ signal }) => get<{ items: ParkedStream[] }>(`/api/operations/${service}/parked`, undefined, signal),
    refetchInterval: REST_MS,
  });
  const items = consumers.data?.items ?? [];
  const behind = items.reduce((sum, { lag }) => sum + (lag?.events ?? 0), 0);
  const streams = parked.data?.items ?? [];
  return (
    <section className="panel" aria-labelledby={`service-${service}`} data-testid={`operations-${service}`}>
      <header className="panel-head">
        <h2 id={`service-${service}`}>{t.operations.services[service]}</h2>
        <span className="quiet" role="status">
          {behind === 0 ? t.operations.upToDate : t.operations.behind(formatNumber(behind, language))}
        </span>
        {streams.length === 0 ? null : (
          <span className="tag tag-red">
            <Icon name="pause" /> {t.operations.parkedCount(streams.length)}
          </span>
        )}
      </header>
      {consumers.isError ? (
        <LoadProblem error={consumers.error} retry={() => void consumers.refetch()} roles={['operator']} />
      ) : consumers.data === undefined ? (
        <Loading rows={2} />
      ) : items.length === 0 ? (
        <Empty title={t.operations.none} />
      ) : (
        <ul className="readers">
          {items.map((consumer) => (
            <Reader key={consumer.name} service={service} consumer={consumer} />
          ))}
        </ul>
      )}
      {streams.length === 0 ? null : <Parked service={service} streams={streams} />}
    </section>
  );
}

function Reader({ service, consumer }: { service: OperatedService; consumer: ConsumerView }) {
  const { t, language, say } = useI18n();
  const client = useQueryClient();
  const mayRun = hasRole(useSignedIn(), 'operator');
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const { name, state, failure, lag, tables, notRebuildable, rebuild } = consumer;
  const isBusy = isUnderWay(consumer);
  const start = async (): Promise<void> => {
    setAsking(true);
    setProblem(null);
    try {
      await post(`/api/operations/${service}/rebuilds`, { consumer: name }, { intentKey: newIntentKey() });
      await client.invalidateQueries({ queryKey: ['operations', service] });
    } catch (error) {
      setProblem(error);
    } finally {
      setAsking(false);
    }
  };
  return (
    <li className="reader" data-testid={`reader-${name}`}>
      <div className="reader-name">
        <strong>{name.slice(service.length + 1)}</strong>
        <span className="quiet">
          {tables === null ? (notRebuildable ? say(notRebuildable) : '') : tables.join(', ')}
        </span>
        {failure === null ? null : <span className="field-fault">{failure}</span>}
      </div>
      <span className={state === 'running' ? 'tag tag-done' : 'tag tag-red'}>
        <Icon name={state === 'running' ? 'check' : 'warn'} /> {t.operations.states[state]}
      </span>
      <span className="reader-lag">
        {lag === null
          ? t.operations.lagUnknown
          : lag.events === 0
            ? t.operations.upToDate
            : t.operations.behind(formatNumber(lag.events, language))}
      </span>
      <div className="reader-rebuild">
        {rebuild === null ? null : <Progress consumer={consumer} />}
        {problem === null ? null : <Refused error={problem} />}
      </div>
      {tables === null ? (
        <span className="reader-act quiet">{t.operations.notRebuildable}</span>
      ) : (
        <Button
          className="reader-act"
          loading={asking}
          disabled={isBusy || !mayRun}
          title={mayRun ? undefined : t.operations.operatorsOnly}
          onClick={() => void start()}
          aria-label={`${t.operations.rebuild}: ${name}`}
          data-testid={`rebuild-${name}`}
        >
          {rebuild?.phase === 'failed' ? t.operations.goOn : t.operations.rebuild}
        </Button>
      )}
    </li>
  );
}

function Progress({ consumer }: { consumer: ConsumerView }) {
  const { t, language } = useI18n();
  const rebuild = consumer.rebuild!;
  const { phase, eventsDone, eventsTotal, eventsPerSecond, secondsLeft, error, endedAt } = rebuild;
  const number = (value: number): string => formatNumber(Math.round(value), language);
  if (phase === 'done' && endedAt !== null) {
    return (
      <span className="quiet">
        <Icon name="check" /> {t.operations.rebuilt(number(eventsDone), formatWhen(endedAt))}
      </span>
    );
  }
  if (phase === 'failed') {
    return (
      <span className="field-fault" role="alert">
        <Icon name="warn" /> {t.operations.phases.failed}: {error}
      </span>
    );
  }
  const share = eventsTotal ? Math.min(eventsDone / eventsTotal, 1) : 0;
  return (
    <>
      <div
        className="rebuild-bar"
        role="progressbar"
        aria-label={`${t.operations.rebuild}: ${consumer.name}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
      >
        <span style={{ inlineSize: `${share * 100}%` }} />
      </div>
      <span className="quiet">
        {t.operations.phases[phase]} · {number(eventsDone)}/{eventsTotal === null ? '…' : number(eventsTotal)}
        {eventsPerSecond ? ` · ${t.operations.rate(number(eventsPerSecond))}` : ''}
        {secondsLeft === null ? '' : ` · ${t.operations.left(secondsLeft)}`}
      </span>
    </>
  );
}

function Parked({ service, streams }: { service: OperatedService; streams: readonly ParkedStream[] }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const mayRun = hasRole(useSignedIn(), 'operator');
  const [problem, setProblem] = useState<unknown>(null);
  const retry = async (body: { consumer?: string; stream?: string }): Promise<void> => {
    setProblem(null);
    try {
      await post(`/api/operations/${service}/parked/retry`, body, { intentKey: newIntentKey() });
      await client.invalidateQueries({ queryKey: ['operations', service] });
    } catch (error) {
      setProblem(error);
    }
  };
  return (
    <div className="panel-body parked">
      <h3>{t.operations.parked}</h3>
      <p className="quiet">{t.operations.parkedLead}</p>
      <ul>
        {streams.map((one) => (
          <li key={`${one.consumer} ${one.stream}`}>
            <div>
              <strong>{one.stream}</strong> <span className="quiet">{one.consumer}</span>
              <p className="field-fault">{one.error}</p>
              <span className="quiet">
                {t.operations.waiting(one.events, one.attempts)} · {formatWhen(one.parkedAt)}
              </span>
            </div>
            <Button
              disabled={one.retryRequested || !mayRun}
              onClick={() => void retry({ consumer: one.consumer, stream: one.stream })}
            >
              {one.retryRequested ? t.operations.retryAsked : t.operations.retry}
            </Button>
          </li>
        ))}
      </ul>
      {problem === null ? null : <Refused error={problem} />}
      {streams.length > 1 && mayRun ? <Button onClick={() => void retry({})}>{t.operations.retryAll}</Button> : null}
    </div>
  );
}
