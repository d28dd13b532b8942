import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useEffect, useRef, useState, type DragEvent } from 'react';
import { download, newIntentKey, send } from '../api/client';
import { useImport, useImports } from '../api/queries';
import type { ImportRun } from '../api/types';
import { useI18n } from '../i18n';
import { formatNumber, formatWhen } from '../ui/format';
import { TickField } from '../ui/field';
import { Icon } from '../ui/icon';
import { Empty, Loading, LoadProblem, Refused } from '../ui/states';
import { useQueryState } from '../ui/use-query-state';
import { useTitle } from '../ui/use-title';
import './imports.css';

/** Import of registers: files dropped here, progress, and each rejected row with its line, column and reason. */
export default function Imports() {
  const { t } = useI18n();
  const [query, setQuery] = useQueryState();
  const id = query.get('run');
  useTitle(t.imports.title);
  return (
    <div className="page">
      <header>
        <h1>{t.imports.title}</h1>
        <p className="page-lead">{t.imports.lead}</p>
      </header>
      <DropPanel onStarted={(run) => setQuery({ run }, { push: true })} />
      {id === null ? null : <Run id={id} />}
      <Past chosen={id} onChoose={(run) => setQuery({ run }, { push: true })} />
    </div>
  );
}

function DropPanel({ onStarted }: { onStarted: (id: string) => void }) {
  const { t, language } = useI18n();
  const client = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const [files, setFiles] = useState<File[]>([]);
  const [over, setOver] = useState(false);
  const [dryRun, setDryRun] = useState(false);
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const [wrong, setWrong] = useState(false);

  const add = (list: FileList | null): void => {
    const all = [...(list ?? [])];
    const fit = all.filter(({ name }) => /\.(csv|xlsx)$/i.test(name));
    setWrong(fit.length < all.length);
    setFiles((was) => [...was.filter((file) => !fit.some(({ name }) => name === file.name)), ...fit]);
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    add(event.dataTransfer.files);
  };
  const start = async (): Promise<void> => {
    setSending(true);
    setProblem(null);
    try {
      const form = new FormData();
      form.append('dryRun', String(dryRun));
      for (const file of files) form.append('file', file, file.name);
      const response = await send('/api/imports', {
        method: 'POST',
        body: form,
        headers: { 'idempotency-key': newIntentKey() },
      });
      const { id } = (await response.json()) as { id: string };
      setFiles([]);
      onStarted(id);
      await client.invalidateQueries({ queryKey: ['imports'] });
    } catch (error) {
      setProblem(error);
    } finally {
      setSending(false);
    }
  };

  return (
    <section className="panel" aria-label={t.imports.choose}>
      <div
        className={over ? 'drop drop-over' : 'drop'}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <Icon name="up" className="drop-icon" />
        <p>
          {t.imports.drop}{' '}
          <button type="button" className="plain-button link-act" onClick={() => input.current?.click()}>
            {t.imports.choose}
          </button>
        </p>
        <input
          ref={input}
          type="file"
          multiple
          accept=".csv,.xlsx"
          className="visually-hidden"
          tabIndex={-1}
          aria-label={t.imports.choose}
          data-testid="import-files"
          onChange={(event) => {
            add(event.target.files);
            event.target.value = '';
          }}
        />
      </div>
      {wrong ? (
        <p className="field-fault drop-fault" role="alert">
          <Icon name="warn" /> {t.imports.wrongType}
        </p>
      ) : null}
      {files.length === 0 ? null : (
        <div className="panel-body fields">
          <ul className="chosen">
            {files.map((file) => (
              <li key={file.name}>
                <span>{file.name}</span>
                <span className="quiet">{formatNumber(Math.ceil(file.size / 1024), language)} kB</span>
                <button
                  type="button"
                  className="plain-button"
                  aria-label={`${t.imports.remove}: ${file.name}`}
                  onClick={() => setFiles(files.filter((other) => other !== file))}
                >
                  <Icon name="close" />
                </button>
              </li>
            ))}
          </ul>
          <TickField label={t.imports.dryRun} checked={dryRun} onChange={setDryRun} />
          {problem === null ? null : <Refused error={problem} />}
          <div className="acts">
            <Button type="primary" loading={sending} onClick={() => void start()} data-testid="import-start">
              {dryRun ? t.imports.startDry : t.imports.start} · {t.imports.chosen(files.length)}
            </Button>
          </div>
        </div>
      )}
    </section>
  );
}

function StateTag({ state }: { state: ImportRun['state'] }) {
  const { t } = useI18n();
  const look = { queued: '', running: 'tag-act', done: 'tag-done', failed: 'tag-red' }[state];
  return (
    <span className={`tag ${look}`} data-testid="import-state" data-state={state}>
      {state === 'done' ? <Icon name="check" /> : state === 'failed' ? <Icon name="warn" /> : null}
      {t.imports.states[state]}
    </span>
  );
}

function Run({ id }: { id: string }) {
  const { t, say, language } = useI18n();
  const client = useQueryClient();
  const run = useImport(id);
  const state = run.data?.state;
  const [problem, setProblem] = useState<unknown>(null);
  useEffect(() => {
    if (state === 'done' || state === 'failed') {
      void Promise.all(
        ['imports', 'units', 'tips', 'cases', 'obligations'].map((key) =>
          client.invalidateQueries({ queryKey: [key], refetchType: 'active' }),
        ),
      );
    }
  }, [state, client]);
  if (run.isError) return <LoadProblem error={run.error} retry={() => void run.refetch()} />;
  if (run.data === undefined) return <Loading />;
  const { files, rejects, rowsPerSecond, rejectsUrl } = run.data;
  const done = files.reduce((sum, file) => sum + file.accepted + file.unchanged + file.rejected, 0);
  const rejected = files.reduce((sum, file) => sum + file.rejected, 0);
  const number = (value: number): string => formatNumber(value, language);
  const { columns } = t.imports;
  return (
    <section className="panel" aria-labelledby="run" data-testid="import-run">
      <header className="panel-head">
        <h2 id="run">{t.imports.title}</h2>
        <StateTag state={run.data.state} />
        <span className="quiet" role="status">
          {t.imports.progress(number(done))}
          {rowsPerSecond === null ? '' : ` · ${t.imports.rate(number(Math.round(rowsPerSecond)))}`}
        </span>
      </header>
      {run.data.state === 'running' || run.data.state === 'queued' ? (
        <div className="running-line" role="progressbar" aria-label={t.imports.running} />
      ) : null}
      <div className="table-wrap" role="region" tabIndex={0} aria-label={t.imports.columns.file}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{columns.file}</th>
              <th scope="col">{columns.kind}</th>
              <th scope="col" className="numeric">
                {columns.rows}
              </th>
              <th scope="col" className="numeric">
                {columns.accepted}
              </th>
              <th scope="col" className="numeric">
                {columns.unchanged}
              </th>
              <th scope="col" className="numeric">
                {columns.rejected}
              </th>
            </tr>
          </thead>
          <tbody>
            {files.map((file) => (
              <tr key={file.name}>
                <td>
                  {file.name}
                  {file.unknownColumns.length === 0 ? null : (
                    <span className="quiet unknown-columns">
                      {' '}
                      {t.imports.unknownColumns}: {file.unknownColumns.join(', ')}
                    </span>
                  )}
                </td>
                <td>{file.kind === null ? '–' : (t.imports.kinds[file.kind] ?? file.kind)}</td>
                <td className="numeric">{number(file.rows)}</td>
                <td className="numeric">{number(file.accepted)}</td>
                <td className="numeric">{number(file.unchanged)}</td>
                <td className={file.rejected > 0 ? 'numeric rejected' : 'numeric'}>{number(file.rejected)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rejected === 0 ? null : (
        <div className="rejects">
          <div className="panel-head">
            <h3>
              {t.imports.rejects} <span className="quiet">{number(rejected)}</span>
            </h3>
            {rejected > rejects.length ? <span className="quiet">{t.imports.rejectsFirst}</span> : null}
            <Button
              size="small"
              className="push"
              data-testid="import-rejects"
              onClick={() =>
                download(rejectsUrl ?? `/api/imports/${id}/rejects.csv`, `rejects-${id}.csv`).catch((error: unknown) =>
                  setProblem(error),
                )
              }
            >
              <Icon name="download" /> {t.imports.download}
            </Button>
          </div>
          {problem === null ? null : <Refused error={problem} />}
          <div className="table-wrap rejects-table" role="region" tabIndex={0} aria-label={t.imports.rejects}>
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">{columns.file}</th>
                  <th scope="col" className="numeric">
                    {columns.line}
                  </th>
                  <th scope="col">{columns.column}</th>
                  <th scope="col">{columns.reason}</th>
                </tr>
              </thead>
              <tbody>
                {rejects.map((reject, index) => (
                  <tr key={index}>
                    <td>{reject.file}</td>
                    <td className="numeric">{number(reject.line)}</td>
                    <td>
                      <code>{reject.column ?? '–'}</code>
                    </td>
                    <td className="reject-reason">{say(reject.reason)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </div>
      )}
    </section>
  );
}

function Past({ chosen, onChoose }: { chosen: string | null; onChoose: (id: string) => void }) {
  const { t, language } = useI18n();
  const past = useImports();
  return (
    <section className="panel" aria-labelledby="past">
      <header className="panel-head">
        <h2 id="past">{t.imports.past}</h2>
      </header>
      {past.isError ? (
        <LoadProblem error={past.error} retry={() => void past.refetch()} roles={['operator']} />
      ) : past.data === undefined ? (
        <Loading rows={3} />
      ) : past.data.items.length === 0 ? (
        <Empty title={t.imports.pastNone} hint={t.imports.lead} />
      ) : (
        <ul className="past">
          {past.data.items.map((run) => (
            <li key={run.id} data-chosen={run.id === chosen}>
              <button type="button" className="plain-button link-act" onClick={() => onChoose(run.id)}>
                {run.startedAt === null ? run.id : formatWhen(run.startedAt)}
              </button>
              <StateTag state={run.state} />
              <span className="past-files">{run.files.map(({ name }) => name).join(', ')}</span>
              <span className="quiet nowrap">
                {t.common.rows(
                  formatNumber(
                    run.files.reduce((sum, file) => sum + file.rows, 0),
                    language,
                  ),
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
