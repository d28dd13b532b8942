import { useQueryClient } from '@tanstack/react-query';
import { Button, Input } from 'antd';
import { useEffect, useState, type FormEvent } from 'react';
import { Link } from 'react-router';
import { newIntentKey, post, put, remove } from '../api/client';
import { useAlertPreferences, useCalendarFeed } from '../api/queries';
import type { AlertPreferences, InboxKind } from '../api/types';
import { useI18n } from '../i18n';
import { Field, TextField, TickField } from '../ui/field';
import { formatWhen } from '../ui/format';
import { Icon } from '../ui/icon';
import { notify } from '../ui/notify';
import { Loading, LoadProblem, Refused } from '../ui/states';
import { useTitle } from '../ui/use-title';
import './inbox.css';

const kinds: readonly InboxKind[] = ['d7', 'd5', 'd3', 'd1', 'h6', 'h1', 'due', 'breach', 'moved'];
const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;

/** How this person wants to be told beside the inbox, and the calendar that phones and Outlook subscribe to. */
export default function Preferences() {
  const { t } = useI18n();
  const preferences = useAlertPreferences();
  useTitle(t.inbox.preferences);
  return (
    <div className="page preferences">
      <div className="page-head">
        <h1>{t.inbox.preferences}</h1>
        <Link className="push" to="/inbox">
          {t.inbox.title}
        </Link>
      </div>
      {preferences.isError ? (
        <LoadProblem error={preferences.error} retry={() => void preferences.refetch()} />
      ) : preferences.data === undefined ? (
        <Loading rows={8} />
      ) : (
        <Choices given={preferences.data} />
      )}
      <Calendar />
    </div>
  );
}

/** A text that is shown once, with a button that copies it. */
function Secret({ text, note }: { text: string; note: string }) {
  const { t } = useI18n();
  return (
    <div className="secret" data-testid="secret">
      <code>{text}</code>
      <Button
        onClick={() => {
          void navigator.clipboard.writeText(text).then(() => notify(t.common.copied));
        }}
      >
        {t.common.copy}
      </Button>
      <p className="quiet">{note}</p>
    </div>
  );
}

function Choices({ given }: { given: AlertPreferences }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const [chosen, setChosen] = useState<readonly InboxKind[]>(given.kinds);
  const [email, setEmail] = useState(given.email ?? '');
  const [url, setUrl] = useState(given.webhook?.url ?? '');
  const [quiet, setQuiet] = useState(given.quietHours !== null);
  const [from, setFrom] = useState(given.quietHours?.from ?? '22:00');
  const [to, setTo] = useState(given.quietHours?.to ?? '06:00');
  const [digest, setDigest] = useState(given.digest);
  const [secret, setSecret] = useState<string | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [sending, setSending] = useState(false);
  const [tried, setTried] = useState(false);
  const wrongTime = (text: string): string | null => (tried && quiet && !TIME.test(text) ? t.inbox.timeWrong : null);
  const nowhere = (chosen.length > 0 || digest) && email.trim() === '' && url.trim() === '';

  // A secret belongs to the address it was made for.
  useEffect(() => setSecret(null), [url]);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setTried(true);
    if (quiet && !(TIME.test(from) && TIME.test(to))) return;
    setSending(true);
    setProblem(null);
    try {
      const answer = await put<AlertPreferences>('/api/me/alerts', {
        kinds: chosen,
        email: email.trim() === '' ? null : email.trim(),
        webhook: url.trim() === '' ? null : { url: url.trim() },
        quietHours: quiet ? { from, to } : null,
        digest,
      });
      setSecret(answer.webhook?.secret ?? null);
      client.setQueryData(['alert-preferences'], answer);
      notify(t.inbox.saved);
    } catch (error) {
      setProblem(error);
    } finally {
      setSending(false);
    }
  };

  return (
    <form className="panel" onSubmit={(event) => void submit(event)} noValidate data-testid="preferences">
      <header className="panel-head">
        <h2>{t.inbox.howTitle}</h2>
        <span className="quiet">{t.inbox.howHint}</span>
      </header>
      <div className="panel-body fields">
        <fieldset className="fields">
          <legend className="field-label">{t.inbox.when}</legend>
          <div className="kind-grid">
            {kinds.map((kind) => (
              <TickField
                key={kind}
                label={t.inbox.kinds[kind] ?? kind}
                checked={chosen.includes(kind)}
                onChange={(on) => setChosen(kinds.filter((one) => (one === kind ? on : chosen.includes(one))))}
              />
            ))}
          </div>
        </fieldset>
        <TextField
          label={t.inbox.email}
          value={email}
          onChange={setEmail}
          name="email"
          autoComplete="email"
          hint={given.channels.email ? t.inbox.emailHint : t.inbox.emailOff}
        />
        <TextField
          label={t.inbox.webhook}
          value={url}
          onChange={setUrl}
          name="webhook"
          hint={given.channels.webhook ? t.inbox.webhookHint : t.inbox.webhookOff}
        />
        {secret === null ? null : <Secret text={secret} note={t.inbox.secretOnce} />}
        <fieldset className="fields">
          <legend className="field-label">{t.inbox.quietTitle}</legend>
          <TickField label={t.inbox.quiet} checked={quiet} onChange={setQuiet} />
          {quiet ? (
            <div className="hours">
              <Hour label={t.inbox.quietFrom} value={from} onChange={setFrom} fault={wrongTime(from)} />
              <Hour label={t.inbox.quietTo} value={to} onChange={setTo} fault={wrongTime(to)} />
            </div>
          ) : null}
        </fieldset>
        <TickField label={t.inbox.digest} checked={digest} onChange={setDigest} />
        {nowhere ? (
          <p className="note">
            <Icon name="warn" /> {t.inbox.nowhere}
          </p>
        ) : null}
        {problem === null ? null : <Refused error={problem} />}
        <div className="acts">
          <Button type="primary" htmlType="submit" loading={sending} data-testid="save-preferences">
            {t.common.save}
          </Button>
        </div>
      </div>
    </form>
  );
}

function Hour({
  label,
  value,
  onChange,
  fault,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  fault: string | null;
}) {
  return (
    <Field label={label} fault={fault}>
      {({ id, describedBy, invalid }) => (
        <Input
          id={id}
          type="time"
          value={value}
          aria-describedby={describedBy}
          aria-invalid={invalid}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

function Calendar() {
  const { t } = useI18n();
  const client = useQueryClient();
  const feed = useCalendarFeed();
  const [url, setUrl] = useState<string | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const openedAt = feed.data?.openedAt ?? null;

  const run = async (work: () => Promise<string | null>): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      setUrl(await work());
      await client.invalidateQueries({ queryKey: ['calendar-feed'] });
    } catch (error) {
      setProblem(error);
    } finally {
      setBusy(false);
    }
  };

  return (
    <section className="panel" aria-labelledby="calendar-feed-title" data-testid="calendar-feed">
      <header className="panel-head">
        <h2 id="calendar-feed-title">{t.inbox.feedTitle}</h2>
      </header>
      <div className="panel-body fields">
        <p>{t.inbox.feedText}</p>
        {feed.isError ? (
          <LoadProblem error={feed.error} retry={() => void feed.refetch()} />
        ) : feed.data === undefined ? (
          <Loading rows={2} />
        ) : (
          <>
            {url === null ? (
              <p className="quiet">{openedAt === null ? t.inbox.feedNone : t.inbox.feedSince(formatWhen(openedAt))}</p>
            ) : (
              <Secret text={url} note={t.inbox.feedOnce} />
            )}
            <div className="acts">
              <Button
                loading={busy}
                data-testid="open-feed"
                onClick={() =>
                  void run(
                    async () =>
                      (await post<{ url: string }>('/api/me/calendar-feed', {}, { intentKey: newIntentKey() })).url,
                  )
                }
              >
                {openedAt === null ? t.inbox.feedOpen : t.inbox.feedRenew}
              </Button>
              {openedAt === null ? null : (
                <Button
                  danger
                  loading={busy}
                  data-testid="close-feed"
                  onClick={() =>
                    void run(async () => {
                      await remove('/api/me/calendar-feed');
                      return null;
                    })
                  }
                >
                  {t.inbox.feedClose}
                </Button>
              )}
            </div>
          </>
        )}
        {problem === null ? null : <Refused error={problem} />}
      </div>
    </section>
  );
}
