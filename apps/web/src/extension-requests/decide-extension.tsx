import { Button } from 'antd';
import { useState, type FormEvent } from 'react';
import { post } from '../api/client';
import { isProblem } from '../api/problem';
import { useRefreshAfterAct } from '../api/queries';
import type { ExtensionRequest } from '../api/types';
import { ActShell } from '../acts/act-drawer';
import { DecisionPart, decisionOf, type DecisionFields } from '../acts/act-fields';
import { useIntent } from '../acts/use-intent';
import { useI18n } from '../i18n';
import { now } from '../ui/clock';
import { MomentField, TextField, TickField } from '../ui/field';
import { formatDay, legalDayOf } from '../ui/format';
import { notify } from '../ui/notify';
import { Refused } from '../ui/states';

/** The procuracy grants the one extension, or refuses it with reasons (Art. 147(2), TTLT 01/2017 Art. 11(2)). */
export default function DecideExtension({
  request,
  verdict,
  onClose,
}: {
  request: ExtensionRequest;
  verdict: 'grant' | 'refuse';
  onClose: () => void;
}) {
  const { t } = useI18n();
  const title =
    verdict === 'grant'
      ? t.extensions.grantTitle(request.registerNumber)
      : t.extensions.refuseTitle(request.registerNumber);
  return (
    <ActShell title={title} onClose={onClose}>
      <DecideForm request={request} verdict={verdict} onDone={onClose} />
    </ActShell>
  );
}

function DecideForm({
  request,
  verdict,
  onDone,
}: {
  request: ExtensionRequest;
  verdict: 'grant' | 'refuse';
  onDone: () => void;
}) {
  const { t, say } = useI18n();
  const refresh = useRefreshAfterAct();
  const intent = useIntent();
  const [happenedAt, setHappenedAt] = useState<string | null>(null);
  const [momentWrong, setMomentWrong] = useState(false);
  const [reason, setReason] = useState('');
  const [written, setWritten] = useState(verdict === 'grant');
  const [decision, setDecision] = useState<DecisionFields>({
    number: '',
    signedOn: legalDayOf(now()),
    signer: '',
    from: null,
    to: null,
  });
  const [tried, setTried] = useState(false);
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);

  const faultOf = (field: string): string | null => {
    const fault = isProblem(problem) ? problem.faults.find((entry) => entry.field === field) : undefined;
    if (fault !== undefined) return say(fault);
    if (!tried) return null;
    if (field === 'reason') return reason.trim() === '' ? t.common.needed : null;
    const part = field.slice('decision.'.length) as keyof DecisionFields;
    return (part === 'number' || part === 'signedOn' || part === 'signer') &&
      (decision[part] === null || decision[part] === '')
      ? t.common.needed
      : null;
  };

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setTried(true);
    const document = written ? decisionOf(decision) : null;
    if (momentWrong || (written && document === null) || (verdict === 'refuse' && reason.trim() === '')) return;
    const content = {
      happenedAt,
      ...(verdict === 'refuse' ? { reason: reason.trim() } : {}),
      ...(document === null ? {} : { decision: document }),
    };
    const { intentKey, sentAt } = intent(content);
    setSending(true);
    setProblem(null);
    try {
      await post(
        `/api/extension-requests/${request.id}/${verdict}`,
        { ...content, happenedAt: happenedAt ?? sentAt },
        { intentKey },
      );
      notify(t.acts.done(`${t.extensions[verdict]}, ${request.registerNumber}`));
      onDone();
      await refresh();
    } catch (error) {
      setProblem(error);
    } finally {
      setSending(false);
    }
  };

  return (
    <form
      className="act-form"
      onSubmit={(event) => void submit(event)}
      noValidate
      data-testid={`extension-${verdict}-form`}
    >
      <div className="note">
        <p>{verdict === 'grant' ? t.extensions.grantHint : t.extensions.refuseHint}</p>
        <p>
          {t.extensions.termEndsOn}: {formatDay(request.termEndsOn)}
        </p>
      </div>
      {request.reason === null ? null : (
        <div className="field">
          <span className="field-label">{t.extensions.reason}</span>
          <p>{request.reason}</p>
        </div>
      )}
      <div className="fields">
        {verdict === 'refuse' ? (
          <>
            <TextField
              label={t.extensions.refuseReason}
              name="reason"
              required
              rows={3}
              value={reason}
              onChange={setReason}
              fault={faultOf('reason')}
            />
            <TickField label={t.extensions.withDecision} checked={written} onChange={setWritten} />
          </>
        ) : null}
        {written ? (
          <DecisionPart value={decision} onChange={setDecision} printsTerm={verdict === 'grant'} faultOf={faultOf} />
        ) : null}
        <MomentField
          label={t.acts.happenedAt}
          value={happenedAt}
          onChange={(moment, wrong) => {
            setHappenedAt(moment);
            setMomentWrong(wrong);
          }}
          hint={t.acts.lateHint}
        />
      </div>
      {problem === null ? null : <Refused error={problem} />}
      <div className="act-foot">
        <Button type="primary" htmlType="submit" loading={sending} data-testid="act-submit">
          {sending ? t.acts.sending : t.extensions[verdict]}
        </Button>
        <Button onClick={onDone}>{t.common.cancel}</Button>
      </div>
    </form>
  );
}
