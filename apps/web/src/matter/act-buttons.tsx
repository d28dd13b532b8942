import { Button, Dropdown, Popover } from 'antd';
import type { ActState } from '../api/types';
import { endingActs } from '../acts/act-specs';
import { useI18n } from '../i18n';
import { formatCites } from '../ui/format';
import { Icon } from '../ui/icon';

/**
 * The acts of a matter as buttons. Those allowed now come first, the most likely one filled; those that the law does not allow now stand disabled, and say why when
 * pointed at, focused or pressed. Acts that are not this role's work are left to the list "Việc khác".
 */
export function ActButtons({ acts, onAct }: { acts: ActState[]; onAct: (act: string) => void }) {
  const { t, say, language } = useI18n();
  const mine = acts.filter((entry) => entry.permitted && t.acts.names[entry.act] !== undefined);
  const allowed = mine.filter((entry) => entry.allowed && !endingActs.has(entry.act) && entry.act !== 'send-notice');
  const ending = mine.filter((entry) => endingActs.has(entry.act));
  const notice = mine.find((entry) => entry.act === 'send-notice' && entry.allowed);
  const refused = mine.filter((entry) => !entry.allowed && !endingActs.has(entry.act));
  const others = acts.filter((entry) => !entry.permitted && t.acts.names[entry.act] !== undefined);
  if (mine.length === 0 && others.length === 0) return null;
  const reason = (entry: ActState) => (
    <div className="act-why">
      <span>{entry.refusal === null ? t.acts.notYours : say(entry.refusal)}</span>
      {entry.refusal === null ? null : (
        <span className="quiet">
          {formatCites(entry.refusal.cites, language)} · {entry.refusal.code}
        </span>
      )}
    </div>
  );
  const endingAllowed = ending.some((entry) => entry.allowed);
  return (
    <div className="acts no-print" role="group" aria-label={t.acts.title} data-testid="acts">
      {allowed.map((entry, index) => (
        <Button
          key={entry.act}
          type={index === 0 ? 'primary' : 'default'}
          onClick={() => onAct(entry.act)}
          data-testid={`act-${entry.act}`}
        >
          {t.acts.names[entry.act]}
        </Button>
      ))}
      {ending.length > 0 && endingAllowed ? (
        <Dropdown
          trigger={['click']}
          menu={{
            items: ending.map((entry) => ({
              key: entry.act,
              disabled: !entry.allowed,
              label: (
                <span data-testid={`act-${entry.act}`}>
                  {t.acts.names[entry.act]}
                  {entry.allowed || entry.refusal === null ? null : (
                    <span className="quiet"> · {say(entry.refusal)}</span>
                  )}
                </span>
              ),
              onClick: () => onAct(entry.act),
            })),
          }}
        >
          <Button data-testid="act-ending">
            {t.acts.ending} <Icon name="chevronDown" />
          </Button>
        </Dropdown>
      ) : null}
      {notice === undefined ? null : (
        <Button onClick={() => onAct('send-notice')} data-testid="act-send-notice">
          {t.acts.names['send-notice']}
        </Button>
      )}
      {[...refused, ...(endingAllowed ? [] : ending)].map((entry) => (
        <Popover
          key={entry.act}
          content={reason(entry)}
          title={t.acts.notNowTitle}
          trigger={['hover', 'focus', 'click']}
          placement="bottom"
        >
          <button
            type="button"
            className="act-refused"
            aria-disabled="true"
            data-testid={`act-${entry.act}`}
            data-refusal={entry.refusal?.code}
          >
            {t.acts.names[entry.act]}
          </button>
        </Popover>
      ))}
    </div>
  );
}
