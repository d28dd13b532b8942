import { Button } from 'antd';
import type { ActState } from '../api/types';
import { endingActs } from '../acts/act-specs';
import { useI18n } from '../i18n';
import { formatCites } from '../ui/format';
import { Icon } from '../ui/icon';
import { Pop } from '../ui/pop';

/** The acts that carry a matter forward, in the law's order: the first one allowed now is the filled button. */
const forwardActs = [
  'acknowledge-transfer',
  'classify',
  'accept',
  'assign',
  'resume',
  'request-extension',
  'receive-file',
  'decide-prosecution',
  'conclude-investigation',
];
const rank = (act: string): number => {
  const at = forwardActs.indexOf(act);
  return at < 0 ? forwardActs.length : at;
};

/**
 * The acts of a matter as buttons. Those allowed now come first; those that the law does not allow now stand there too, disabled in look,
 * and say the rule and its article when pressed. Acts that are not this role's work are left out.
 */
export function ActButtons({ acts, onAct }: { acts: ActState[]; onAct: (act: string) => void }) {
  const { t, say, language } = useI18n();
  const mine = acts.filter((entry) => entry.permitted && t.acts.names[entry.act] !== undefined);
  const allowed = mine
    .filter((entry) => entry.allowed && !endingActs.has(entry.act) && entry.act !== 'send-notice')
    .sort((a, b) => rank(a.act) - rank(b.act));
  const ending = mine.filter((entry) => endingActs.has(entry.act));
  const endingAllowed = ending.some((entry) => entry.allowed);
  const notice = mine.find((entry) => entry.act === 'send-notice' && entry.allowed);
  const refused = mine.filter((entry) => !entry.allowed && (!endingActs.has(entry.act) || !endingAllowed));
  if (mine.length === 0) return null;
  return (
    <div className="acts no-print" role="group" aria-label={t.acts.title} data-testid="acts">
      {allowed.map((entry, index) => (
        <Button
          key={entry.act}
          type={index === 0 && rank(entry.act) < forwardActs.length ? 'primary' : 'default'}
          onClick={() => onAct(entry.act)}
          data-testid={`act-${entry.act}`}
        >
          {t.acts.names[entry.act]}
        </Button>
      ))}
      {endingAllowed ? (
        <Pop
          role="menu"
          buttonClass="button-link"
          testId="act-ending"
          button={
            <>
              {t.acts.ending} <Icon name="chevronDown" />
            </>
          }
        >
          {(close) => (
            <div className="menu">
              {ending.map((entry) => (
                <button
                  key={entry.act}
                  type="button"
                  role="menuitem"
                  disabled={!entry.allowed}
                  data-testid={`act-${entry.act}`}
                  onClick={() => {
                    close();
                    onAct(entry.act);
                  }}
                >
                  <span>
                    {t.acts.names[entry.act]}
                    {entry.allowed || entry.refusal === null ? null : (
                      <span className="menu-why">{say(entry.refusal)}</span>
                    )}
                  </span>
                </button>
              ))}
            </div>
          )}
        </Pop>
      ) : null}
      {notice === undefined ? null : (
        <Button onClick={() => onAct('send-notice')} data-testid="act-send-notice">
          {t.acts.names['send-notice']}
        </Button>
      )}
      {refused.map((entry) => (
        <Pop
          key={entry.act}
          buttonClass="act-refused"
          testId={`act-${entry.act}`}
          label={`${t.acts.names[entry.act]}: ${t.acts.notNowTitle}`}
          button={t.acts.names[entry.act]}
        >
          {() => (
            <div className="act-why" data-testid="act-refusal">
              <strong>{t.acts.notNowTitle}</strong>
              <span>{entry.refusal === null ? t.acts.notYours : say(entry.refusal)}</span>
              {entry.refusal === null ? null : (
                <span className="quiet">
                  {formatCites(entry.refusal.cites, language)} · {entry.refusal.code}
                </span>
              )}
            </div>
          )}
        </Pop>
      ))}
    </div>
  );
}
