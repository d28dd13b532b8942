import { useQueryClient } from '@tanstack/react-query';
import { Button, Drawer } from 'antd';
import { useEffect, useState, type FormEvent, type ReactNode } from 'react';
import { get, post } from '../api/client';
import { isProblem } from '../api/problem';
import { useRefreshAfterAct } from '../api/queries';
import type { ActState, HistoryItem, List, Offence, Category } from '../api/types';
import { useSignedIn, hasRole } from '../frame/me';
import { useI18n } from '../i18n';
import { now } from '../ui/clock';
import { MomentField } from '../ui/field';
import { formatWhen, legalDayOf } from '../ui/format';
import { notify } from '../ui/notify';
import { Refused } from '../ui/states';
import { useIsPhone } from '../ui/use-media';
import { sizes } from '../ui/theme';
import { ActFieldList, DecisionPart, decisionOf, noFields, type ActFields, type DecisionFields } from './act-fields';
import { actSpecs } from './act-specs';
import { useIntent } from './use-intent';
import './acts.css';

/** What an act needs to know of its matter. */
export interface ActTarget {
  id: string;
  /** `/api/tips/…` or `/api/cases/…` */
  path: `/api/tips/${string}` | `/api/cases/${string}`;
  number: string;
  version: number;
  category?: Category | null;
  offence?: Offence | null;
  acts: ActState[];
}

/** The frame of every act: a drawer over the page, so that the list is never lost. On a phone it fills the screen. */
export function ActShell({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const phone = useIsPhone();
  const { t } = useI18n();
  useEffect(() => {
    // Escape closes wherever the focus is, also when the control that had it is gone; an open list of choices takes it first.
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || event.defaultPrevented) return;
      if (document.querySelector('.ant-select-dropdown:not(.ant-select-dropdown-hidden)') !== null) return;
      onClose();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [onClose]);
  return (
    <Drawer
      title={title}
      open
      onClose={onClose}
      keyboard={false}
      size={phone ? '100%' : Number.parseInt(sizes.drawerWidth, 10)}
      destroyOnHidden
      closable={{ 'aria-label': t.common.close }}
      aria-label={title}
      rootClassName="act-drawer"
    >
      {children}
    </Drawer>
  );
}

/** One act on one matter: its fields, and the refusal or the conflict in place. */
export function ActForm({ target, act, onDone }: { target: ActTarget; act: string; onDone: () => void }) {
  const { t, say } = useI18n();
  const me = useSignedIn();
  const client = useQueryClient();
  const refresh = useRefreshAfterAct();
  const intent = useIntent();
  const spec = actSpecs[act];
  const [version, setVersion] = useState(target.version);
  const [happenedAt, setHappenedAt] = useState<string | null>(null);
  const [momentWrong, setMomentWrong] = useState(false);
  const [fields, setFields] = useState<ActFields>({
    ...noFields,
    category: target.category ?? null,
    offence: target.offence ?? null,
  });
  const [decision, setDecision] = useState<DecisionFields>({
    number: '',
    signedOn: legalDayOf(now()),
    signer: '',
    from: null,
    to: null,
  });
  const [sending, setSending] = useState(false);
  const [tried, setTried] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const [changes, setChanges] = useState<HistoryItem[] | null>(null);

  if (spec === undefined) return <p className="state">{act}</p>;
  const name = t.acts.names[act] ?? act;

  const isEmpty = (field: keyof ActFields): boolean => fields[field] === null || fields[field] === '';
  const faultOf = (field: string): string | null => {
    if (isProblem(problem)) {
      const fault = problem.faults.find((entry) => entry.field === field);
      if (fault !== undefined) return say(fault);
    }
    if (!tried) return null;
    if (field.startsWith('decision.')) {
      const part = field.slice('decision.'.length) as keyof DecisionFields;
      const empty = decision[part] === null || decision[part] === '';
      return empty && (part === 'number' || part === 'signedOn' || part === 'signer') ? t.common.needed : null;
    }
    return spec.required.includes(field as keyof ActFields) && isEmpty(field as keyof ActFields)
      ? t.common.needed
      : null;
  };

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setTried(true);
    const written = spec.isDecision ? decisionOf(decision) : null;
    if (momentWrong || spec.required.some(isEmpty) || (spec.isDecision && written === null)) return;
    const own: Record<string, unknown> = {};
    for (const field of spec.fields)
      if (!isEmpty(field))
        own[field] = typeof fields[field] === 'string' ? (fields[field] as string).trim() : fields[field];
    const content = { ...own, ...(written === null ? {} : { decision: written }), happenedAt };
    const { intentKey, sentAt } = intent({ content, version });
    setSending(true);
    setProblem(null);
    try {
      const answer = await post<{ id: string }>(
        `${target.path}/${act}`,
        { ...content, happenedAt: happenedAt ?? sentAt },
        { intentKey, version },
      );
      if (answer !== undefined && target.path.startsWith('/api/tips/'))
        client.setQueryData(['tips', 'one', target.id], answer);
      if (answer !== undefined && target.path.startsWith('/api/cases/'))
        client.setQueryData(['cases', 'one', target.id], answer);
      notify(t.acts.done(`${name}, ${target.number}`));
      onDone();
      await refresh();
    } catch (error) {
      if (isProblem(error) && error.kind === 'conflict') await showConflict();
      else setProblem(error);
    } finally {
      setSending(false);
    }
  };

  const showConflict = async (): Promise<void> => {
    try {
      const history = await get<List<HistoryItem>>(`${target.path}/history`);
      setChanges(history.items.filter((item) => item.version > version).sort((a, b) => b.version - a.version));
      setVersion(Math.max(version, ...history.items.map((item) => item.version)));
      await refresh();
    } catch (error) {
      setProblem(error);
    }
  };

  const state = target.acts.find((entry) => entry.act === act);
  return (
    <form className="act-form" onSubmit={(event) => void submit(event)} noValidate data-testid={`act-form-${act}`}>
      {state !== undefined && !state.allowed && state.refusal !== null ? (
        <div className="note" role="note">
          {say(state.refusal)}
        </div>
      ) : null}
      <div className="fields">
        <ActFieldList
          spec={spec}
          value={fields}
          onChange={setFields}
          faultOf={faultOf}
          myId={hasRole(me, 'investigator') ? me.id : null}
        />
        {spec.isDecision ? (
          <DecisionPart
            value={decision}
            onChange={setDecision}
            printsTerm={spec.printsTerm === true}
            faultOf={faultOf}
          />
        ) : null}
        <MomentField
          label={t.acts.happenedAt}
          value={happenedAt}
          onChange={(moment, wrong) => {
            setHappenedAt(moment);
            setMomentWrong(wrong);
          }}
          hint={act === 'request-extension' ? t.acts.procuracyNote : t.acts.lateHint}
          fault={faultOf('happenedAt')}
        />
      </div>
      {changes === null ? null : (
        <div className="conflict" role="alert" data-testid="conflict">
          <p className="conflict-title">{t.acts.conflictTitle}</p>
          <p>{t.acts.conflictText}</p>
          <h3>{t.acts.conflictTheirs}</h3>
          <ul>
            {changes.map((item) => (
              <li key={item.version}>
                {t.events[item.type] ?? item.type} · {formatWhen(item.happenedAt)} · {item.actor.id}
              </li>
            ))}
          </ul>
          <h3>{t.acts.conflictYours}</h3>
          <p>{name}</p>
        </div>
      )}
      {problem === null ? null : <Refused error={problem} />}
      <div className="act-foot">
        <Button type="primary" htmlType="submit" loading={sending} data-testid="act-submit">
          {sending ? t.acts.sending : changes === null ? name : t.acts.conflictRetry}
        </Button>
        <Button onClick={onDone}>{t.common.cancel}</Button>
      </div>
    </form>
  );
}
