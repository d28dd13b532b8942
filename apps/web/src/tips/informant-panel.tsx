import { Button } from 'antd';
import { useState, type FormEvent } from 'react';
import { post } from '../api/client';
import type { Informant, TipDetail } from '../api/types';
import { useIntent } from '../acts/use-intent';
import { hasRole, useSignedIn } from '../frame/me';
import { useI18n } from '../i18n';
import { TextField } from '../ui/field';
import { Icon } from '../ui/icon';
import { Refused } from '../ui/states';

/** The informant stays hidden until somebody with the right gives a reason, which is recorded; the identity is kept in this component only and never cached. */
export function InformantPanel({ tip }: { tip: TipDetail }) {
  const { t } = useI18n();
  const me = useSignedIn();
  const intent = useIntent();
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const [identity, setIdentity] = useState<Informant | null>(null);
  const mayAsk = hasRole(me, 'intake_officer', 'investigator', 'custodian');

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setTried(true);
    if (reason.trim() === '') return;
    setSending(true);
    setProblem(null);
    try {
      const body = { reason: reason.trim() };
      const answer = await post<Informant & { informant?: Informant }>(`/api/tips/${tip.id}/informant/reveal`, body, {
        intentKey: intent(body).intentKey,
      });
      setIdentity(answer.informant ?? answer);
      setAsking(false);
    } catch (error) {
      setProblem(error);
    } finally {
      setSending(false);
    }
  };
  const hide = (): void => {
    setIdentity(null);
    setReason('');
    setTried(false);
  };
  const fields = t.tip.informantFields as Record<string, string>;

  return (
    <section className="panel" aria-labelledby="informant">
      <header className="panel-head">
        <h2 id="informant">{t.tip.informant}</h2>
      </header>
      <div className="panel-body informant">
        {identity !== null ? (
          <div role="status" data-testid="informant-identity">
            <dl className="facts">
              {Object.entries(identity)
                .filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '')
                .map(([name, value]) => (
                  <div key={name}>
                    <dt>{fields[name] ?? name}</dt>
                    <dd>{value}</dd>
                  </div>
                ))}
            </dl>
            <p className="note">
              <Icon name="eye" /> {t.tip.revealRecorded}
            </p>
            <Button size="small" onClick={hide}>
              {t.tip.revealHide}
            </Button>
          </div>
        ) : !tip.informant.given ? (
          <p className="quiet">{tip.informant.refusedIdentity ? t.tip.informantRefused : t.tip.informantNone}</p>
        ) : (
          <div className="informant-hidden">
            <span>
              <Icon name="eyeOff" /> {t.tip.informantHidden}
            </span>
            {mayAsk && !asking ? (
              <Button size="small" onClick={() => setAsking(true)} data-testid="reveal">
                {t.tip.reveal}
              </Button>
            ) : null}
          </div>
        )}
        {asking ? (
          <form className="fields" onSubmit={(event) => void submit(event)} noValidate data-testid="reveal-form">
            <p className="note">{t.tip.revealText}</p>
            <TextField
              label={t.tip.revealReason}
              name="reveal-reason"
              required
              autoFocus
              rows={2}
              value={reason}
              onChange={setReason}
              fault={tried && reason.trim() === '' ? t.common.needed : null}
            />
            {problem === null ? null : <Refused error={problem} />}
            <div className="acts">
              <Button type="primary" htmlType="submit" loading={sending}>
                {t.tip.revealDo}
              </Button>
              <Button onClick={() => setAsking(false)}>{t.common.cancel}</Button>
            </div>
          </form>
        ) : null}
      </div>
    </section>
  );
}
