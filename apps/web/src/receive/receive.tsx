import { useQuery } from '@tanstack/react-query';
import { Button, Input } from 'antd';
import { useCallback, useEffect, useRef, useState, type FormEvent, type ReactNode } from 'react';
import { Link, useSearchParams } from 'react-router';
import { newIntentKey, post } from '../api/client';
import { useRefreshAfterAct, useUnits } from '../api/queries';
import { channels, tipKinds, type LimitResult, type ReceiveTip, type TipDetail } from '../api/types';
import { CategoryField, CommuneField, OffenceField, UnitField } from '../acts/lookup-fields';
import { useSignedIn } from '../frame/me';
import { useI18n } from '../i18n';
import { now } from '../ui/clock';
import { useNow } from '../ui/use-now';
import { ChoiceField, MomentField, SelectField, TextField, TickField } from '../ui/field';
import {
  addDays,
  formatCites,
  formatDay,
  formatTime,
  formatWeekday,
  isLegalDay,
  legalDayOf,
  toMoment,
  toMs,
} from '../ui/format';
import { Icon } from '../ui/icon';
import { Loading, Refused } from '../ui/states';
import { useOnline } from '../ui/use-online';
import { useTitle } from '../ui/use-title';
import {
  canSeal,
  draftsOf,
  emptyFields,
  newDraft,
  removeDraft,
  saveDraft,
  type Draft,
  type ReceiveFields,
} from './drafts';
import { isPassing, sendDraft } from './outbox';
import './receive.css';

/** A draft is written this long after the last key. */
const SAVE_AFTER_MS = 1_000;

type Sent = { kind: 'received'; tip: TipDetail } | { kind: 'queued' };

const isTouched = (fields: ReceiveFields): boolean =>
  fields.kind !== null ||
  fields.content !== '' ||
  fields.communeCode !== null ||
  fields.category !== null ||
  fields.offence !== null ||
  fields.refused ||
  Object.values(fields.informant).some((text) => text !== '');

function bodyOf(fields: ReceiveFields, at: string): ReceiveTip {
  const informant = Object.fromEntries(Object.entries(fields.informant).filter(([, text]) => text.trim() !== ''));
  return {
    kind: fields.kind ?? 'report',
    channel: fields.channel,
    receivedAt: fields.receivedAt ?? at,
    content: fields.content.trim(),
    unitCode: fields.unitCode,
    ...(fields.communeCode === null ? {} : { communeCode: fields.communeCode }),
    ...(fields.category === null ? {} : { category: fields.category }),
    ...(fields.offence === null ? {} : { offence: fields.offence }),
    ...(!fields.refused && Object.keys(informant).length > 0 ? { informant } : {}),
    ...(fields.refused
      ? { informantRefusedIdentity: { reason: fields.refusedReason.trim() === '' ? '–' : fields.refusedReason.trim() } }
      : {}),
  };
}

/** Reception of a tip: four fields are enough; a draft on the device; sent once, also after a lost line. */
export default function Receive() {
  const { t } = useI18n();
  const me = useSignedIn();
  const [query] = useSearchParams();
  const [draft, setDraft] = useState<Draft | null>(null);
  const [restored, setRestored] = useState(false);
  const wanted = query.get('draft');
  const home = me.units[0] ?? '';
  useTitle(t.places.receive);

  useEffect(() => {
    let current = true;
    void draftsOf(me.id).then((drafts) => {
      if (!current) return;
      const kept = drafts.find(({ id }) => id === wanted) ?? drafts.findLast(({ state }) => state === 'draft');
      setRestored(kept !== undefined);
      setDraft(kept ?? newDraft(me.id, emptyFields(home === '*' ? '' : home)));
    });
    return () => {
      current = false;
    };
  }, [me.id, wanted, home]);

  if (draft === null) return <Loading />;
  return (
    <ReceiveForm
      key={draft.id}
      first={draft}
      restored={restored}
      again={() => {
        setRestored(false);
        setDraft(newDraft(me.id, emptyFields(draft.fields.unitCode)));
      }}
    />
  );
}

function ReceiveForm({ first, restored, again }: { first: Draft; restored: boolean; again: () => void }) {
  const { t } = useI18n();
  const me = useSignedIn();
  const online = useOnline();
  const refresh = useRefreshAfterAct();
  const [fields, setFields] = useState(first.fields);
  const [id, setId] = useState(first.id);
  const [savedAt, setSavedAt] = useState<number | null>(restored ? first.savedAt : null);
  const [momentWrong, setMomentWrong] = useState(false);
  const [tried, setTried] = useState(false);
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const [sent, setSent] = useState<Sent | null>(null);
  const set = useCallback((part: Partial<ReceiveFields>): void => setFields((was) => ({ ...was, ...part })), []);
  const done = useRef(false);

  useEffect(() => {
    if (fields === first.fields || !isTouched(fields) || done.current) return;
    const timer = setTimeout(() => {
      if (done.current) return;
      const at = now();
      saveDraft({ id, userId: me.id, state: 'draft', savedAt: at, fields, body: null }).then(
        () => setSavedAt(at),
        (error: unknown) => setProblem(error),
      );
    }, SAVE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [fields, first.fields, id, me.id]);

  const faults = {
    kind: fields.kind === null,
    receivedAt: momentWrong,
    content: fields.content.trim() === '',
    unit: fields.unitCode === '',
  };
  const fault = (name: keyof typeof faults): string | null => (tried && faults[name] ? t.common.needed : null);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setTried(true);
    if (Object.values(faults).some(Boolean)) return;
    setSending(true);
    setProblem(null);
    const ready: Draft = {
      id,
      userId: me.id,
      state: 'waiting',
      savedAt: now(),
      fields,
      body: bodyOf(fields, toMoment(now())),
    };
    done.current = true;
    try {
      // Stored before it is sent: a browser closed in the middle sends it again under the same key.
      await saveDraft(ready);
      const tip = await sendDraft(ready);
      setSent({ kind: 'received', tip });
      await refresh();
    } catch (error) {
      if (isPassing(error)) setSent({ kind: 'queued' });
      else {
        // Corrected and sent again it is another intent, so it gets another key.
        const nextId = newIntentKey();
        done.current = false;
        setId(nextId);
        setProblem(error);
        await saveDraft({ ...ready, id: nextId, state: 'draft', body: null });
        await removeDraft(id);
      }
    } finally {
      setSending(false);
    }
  };

  const discard = async (): Promise<void> => {
    done.current = true;
    await removeDraft(id);
    again();
  };

  if (sent !== null) return <Outcome sent={sent} again={again} />;

  return (
    <div className="page receive">
      <div className="receive-form">
        <header>
          <h1>{t.receive.title}</h1>
          <p className="page-lead">{t.receive.lead}</p>
        </header>
        {online ? null : (
          <p className="refused refused-offline" role="status" data-testid="offline">
            <span className="refused-title">
              <Icon name="offline" /> {t.receive.offline}
            </span>
          </p>
        )}
        {restored && savedAt !== null ? <p className="note">{t.receive.draftRestored}</p> : null}
        <form onSubmit={(event) => void submit(event)} noValidate data-testid="receive-form">
          <div className="panel">
            <div className="panel-body fields">
              <div className="kinds">
                <ChoiceField
                  label={t.receive.kind}
                  required
                  value={fields.kind}
                  onChange={(kind) => set({ kind })}
                  fault={fault('kind')}
                  options={tipKinds.map((kind) => ({
                    value: kind,
                    label: t.tip.kinds[kind],
                    hint: t.tip.kindHints[kind],
                  }))}
                />
              </div>
              <MomentField
                label={t.receive.receivedAt}
                required
                value={fields.receivedAt}
                onChange={(receivedAt, wrong) => {
                  set({ receivedAt });
                  setMomentWrong(wrong);
                }}
                fault={momentWrong && tried ? t.common.momentWrong : null}
              />
              <TextField
                label={t.receive.content}
                name="content"
                required
                rows={5}
                value={fields.content}
                onChange={(content) => set({ content })}
                hint={t.receive.contentHint}
                fault={fault('content')}
              />
              <div className="field-pair">
                <div className="field">
                  <span className="field-label" id="receiver">
                    {t.receive.receiver}
                  </span>
                  <Input value={me.name} readOnly aria-labelledby="receiver" className="fixed" />
                </div>
                <ReceivingUnit
                  value={fields.unitCode}
                  onChange={(unitCode) => set({ unitCode })}
                  fault={fault('unit')}
                />
              </div>
            </div>
          </div>

          <Fold
            title={t.receive.who}
            filled={fields.refused || Object.values(fields.informant).some((text) => text !== '')}
          >
            <p className="note">
              <Icon name="eyeOff" /> {t.receive.informantNote}
              {canSeal() ? null : ` ${t.receive.draftWithoutInformant}`}
            </p>
            <TickField label={t.receive.refused} checked={fields.refused} onChange={(refused) => set({ refused })} />
            {fields.refused ? (
              <TextField
                label={t.receive.refusedReason}
                name="refused-reason"
                value={fields.refusedReason}
                onChange={(refusedReason) => set({ refusedReason })}
              />
            ) : (
              <>
                <div className="field-pair">
                  {(['name', 'phone'] as const).map((part) => (
                    <TextField
                      key={part}
                      label={t.tip.informantFields[part]}
                      name={`informant-${part}`}
                      type={part === 'phone' ? 'tel' : 'text'}
                      value={fields.informant[part]}
                      onChange={(text) => set({ informant: { ...fields.informant, [part]: text } })}
                    />
                  ))}
                </div>
                <div className="field-pair">
                  {(['address', 'idNumber'] as const).map((part) => (
                    <TextField
                      key={part}
                      label={t.tip.informantFields[part]}
                      name={`informant-${part}`}
                      value={fields.informant[part]}
                      onChange={(text) => set({ informant: { ...fields.informant, [part]: text } })}
                    />
                  ))}
                </div>
              </>
            )}
          </Fold>
          <Fold title={t.receive.where} filled={fields.communeCode !== null}>
            <CommuneField
              value={fields.communeCode}
              name={fields.communeName}
              onChange={(communeCode, communeName) => set({ communeCode, communeName })}
            />
          </Fold>
          <Fold title={t.receive.what} filled={fields.category !== null || fields.offence !== null}>
            <CategoryField value={fields.category} onChange={(category) => set({ category })} />
            <OffenceField value={fields.offence} onChange={(offence) => set({ offence })} />
          </Fold>
          <Fold title={t.receive.how} filled={fields.channel !== 'counter'} note={t.tip.channels[fields.channel]}>
            <SelectField
              label={t.tip.channel}
              value={fields.channel}
              allowClear={false}
              onChange={(channel) => set({ channel: (channel ?? 'counter') as ReceiveFields['channel'] })}
              options={channels.map((channel) => ({ value: channel, label: t.tip.channels[channel] }))}
            />
          </Fold>

          {problem === null ? null : <Refused error={problem} />}
          <div className="receive-foot">
            <Button type="primary" size="large" htmlType="submit" loading={sending} data-testid="receive-submit">
              {sending ? t.receive.submitting : t.receive.submit}
            </Button>
            {isTouched(fields) ? <Button onClick={() => void discard()}>{t.receive.clear}</Button> : null}
            <span className="quiet" role="status" data-testid="draft-state">
              {savedAt === null ? t.receive.draftEmpty : t.receive.draftSaved(formatTime(savedAt))}
            </span>
          </div>
        </form>
      </div>
      <aside className="receive-side">
        <WillHappen receivedAt={fields.receivedAt} unitCode={fields.unitCode} />
        <StillMissing fields={fields} faults={faults} />
      </aside>
    </div>
  );
}

/** The receiving unit: the officer's own, to be chosen only by those who serve several. */
function ReceivingUnit({
  value,
  onChange,
  fault,
}: {
  value: string;
  onChange: (code: string) => void;
  fault: string | null;
}) {
  const { t, language } = useI18n();
  const me = useSignedIn();
  const root = me.units[0];
  const units = useUnits(root === '*' ? undefined : root);
  const items = units.data?.items ?? [];
  if (items.length > 1) {
    return (
      <UnitField
        label={t.receive.unit}
        required
        value={value === '' ? null : value}
        onChange={(code) => onChange(code ?? '')}
        fault={fault}
        {...(root === undefined || root === '*' ? {} : { root })}
      />
    );
  }
  const unit = items[0];
  return (
    <div className="field">
      <span className="field-label" id="receiving-unit">
        {t.receive.unit}
      </span>
      <Input
        value={unit === undefined ? value : language === 'vi' ? unit.nameVi : (unit.nameEn ?? unit.nameVi)}
        readOnly
        aria-labelledby="receiving-unit"
        className="fixed"
      />
    </div>
  );
}

/** A group of optional fields, folded by its question. */
function Fold({
  title,
  filled,
  note,
  children,
}: {
  title: string;
  filled: boolean;
  note?: string;
  children: ReactNode;
}) {
  // Open from the start where something is in it; after that the officer opens and closes it.
  const [opened] = useState(filled);
  return (
    <details className="panel fold" open={opened}>
      <summary>
        <Icon name="chevronRight" />
        <span>{title}</span>
        {note === undefined ? null : <span className="quiet">{note}</span>}
        {filled ? <Icon name="check" className="fold-done" /> : null}
      </summary>
      <div className="panel-body fields">{children}</div>
    </details>
  );
}

/** Until when, and by which article: computed by the system as the officer types. */
function WillHappen({ receivedAt, unitCode }: { receivedAt: string | null; unitCode: string }) {
  const { t, language } = useI18n();
  const minute = Math.floor(useNow(30_000) / 60_000) * 60_000;
  const start = receivedAt ?? toMoment(minute);
  const isCommune = /^PC-\d+-\d+/.test(unitCode);
  const rules = ['TTLT17-8-CLASSIFY', 'CPC-146-5', ...(isCommune ? ['TTLT17-8-5B', 'TTLT17-8-5A'] : [])];
  const limits = useQuery({
    queryKey: ['limits', start, rules.join()],
    queryFn: () =>
      Promise.all(
        rules.map((rule) =>
          post<LimitResult>('/api/time-limits/calculate', { rule, start }, { intentKey: newIntentKey() }),
        ),
      ),
    staleTime: Infinity,
    retry: false,
    placeholderData: (was) => was,
  });
  const words: Record<string, string> = {
    'TTLT17-8-CLASSIFY': t.receive.classifyBy,
    'CPC-146-5': t.receive.notifyBy,
    'TTLT17-8-5B': t.receive.forwardBy,
    'TTLT17-8-5A': t.receive.forwardUrgentBy,
  };
  const when = (date: string): string => {
    const today = legalDayOf(toMs(start));
    const day = isLegalDay(date) ? date : legalDayOf(toMs(date));
    const named = day === today ? t.receive.today : day === addDays(today, 1) ? t.receive.tomorrow : null;
    const time = isLegalDay(date) ? '' : `${formatTime(date)} `;
    return `${time}${named ?? ''}${named === null ? '' : ', '}${formatDay(day)} (${formatWeekday(day, language)})`;
  };
  return (
    <section className="panel" aria-labelledby="will-happen" data-testid="will-happen">
      <header className="panel-head">
        <h2 id="will-happen">{t.receive.willHappen}</h2>
      </header>
      {limits.isError && limits.data === undefined ? (
        <p className="panel-body quiet">{t.receive.cannotCalculate}</p>
      ) : limits.data === undefined ? (
        <Loading rows={3} />
      ) : (
        <ul className="will-happen">
          {limits.data.map((limit) => (
            <li key={limit.rule}>
              <span>{words[limit.rule]}</span>
              <strong>{when(limit.safeBy)}</strong>
              <span className="quiet">{formatCites(limit.cites, language, true)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function StillMissing({ fields, faults }: { fields: ReceiveFields; faults: Record<string, boolean> }) {
  const { t } = useI18n();
  const blocking: [boolean | undefined, string][] = [
    [faults['kind'], t.receive.kind],
    [faults['receivedAt'], t.receive.receivedAt],
    [faults['content'], t.receive.content],
    [faults['unit'], t.receive.unit],
  ];
  const later: [boolean, string][] = [
    [!fields.refused && Object.values(fields.informant).every((text) => text === ''), t.tip.informant],
    [fields.communeCode === null, t.tip.commune],
    [fields.category === null, t.tip.category],
    [fields.offence === null, t.tip.offence],
  ];
  const needed = blocking.filter(([is]) => is === true);
  const missing = later.filter(([is]) => is);
  return (
    <section className="panel" aria-labelledby="still-missing" data-testid="still-missing">
      <header className="panel-head">
        <h2 id="still-missing">{t.receive.missingTitle}</h2>
      </header>
      <div className="missing">
        {needed.length === 0 ? null : (
          <>
            <p className="quiet">{t.receive.blocking}</p>
            <ul>
              {needed.map(([, word]) => (
                <li key={word} className="missing-needed">
                  <Icon name="warn" /> {word}
                </li>
              ))}
            </ul>
          </>
        )}
        {missing.length === 0 ? (
          needed.length === 0 ? (
            <p>{t.tip.missingNone}</p>
          ) : null
        ) : (
          <>
            <p className="quiet">{t.receive.missingHint}</p>
            <ul>
              {missing.map(([, word]) => (
                <li key={word}>{word}</li>
              ))}
            </ul>
          </>
        )}
      </div>
    </section>
  );
}

/** After the button: the number and what comes next, or that it waits on this device. */
function Outcome({ sent, again }: { sent: Sent; again: () => void }) {
  const { t } = useI18n();
  return (
    <div className="page receive-outcome" role="status">
      {sent.kind === 'received' ? (
        <>
          <p className="outcome-mark outcome-received">
            <Icon name="check" />
          </p>
          <h1 data-testid="received-number">{t.receive.sent(sent.tip.registerNumber)}</h1>
          {sent.tip.missing.length === 0 ? null : (
            <p className="page-lead">
              {t.receive.missingTitle}: {sent.tip.missing.map((field) => t.missingFields[field] ?? field).join(', ')}
            </p>
          )}
          <p className="outcome-links">
            <Link to={`/tips/${sent.tip.id}?act=classify`} className="button-link" data-testid="classify-now">
              {t.acts.names['classify']}
            </Link>
            <Link to={`/tips/${sent.tip.id}`} className="button-link" data-testid="open-matter">
              {t.receive.openMatter}
            </Link>
            <Button type="primary" onClick={again} autoFocus>
              {t.receive.another}
            </Button>
          </p>
        </>
      ) : (
        <>
          <p className="outcome-mark outcome-queued">
            <Icon name="offline" />
          </p>
          <h1 data-testid="queued">{t.receive.offline}</h1>
          <p className="page-lead">{t.receive.offlineText}</p>
          <p className="outcome-links">
            <Button type="primary" onClick={again} autoFocus>
              {t.receive.another}
            </Button>
            <Link to="/desk">{t.places.desk}</Link>
          </p>
        </>
      )}
    </div>
  );
}
