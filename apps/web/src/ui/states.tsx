import { Button } from 'antd';
import { useEffect, useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import { isProblem } from '../api/problem';
import type { Role } from '../api/types';
import { useI18n } from '../i18n';
import { formatCite } from './format';
import { Icon, type IconName } from './icon';

/** Nothing here yet: says what will appear and offers the one act that fills it. */
export function Empty({ title, hint, act }: { title: string; hint?: string; act?: ReactNode }) {
  return (
    <div className="state state-empty" data-testid="empty">
      <p className="state-title">{title}</p>
      {hint === undefined ? null : <p>{hint}</p>}
      {act}
    </div>
  );
}

/** A skeleton of `rows` lines, shown only after 200 ms so that quick answers do not flicker. */
export function Loading({ rows = 6 }: { rows?: number }) {
  const { t } = useI18n();
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 200);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="skeleton" role="status" aria-label={t.common.loading}>
      {shown
        ? Array.from({ length: rows }, (_, index) => (
            <span key={index} className={`skeleton-line skeleton-${index % 4}`} />
          ))
        : null}
    </div>
  );
}

function Shown({ icon, title, text, children }: { icon: IconName; title: string; text: string; children?: ReactNode }) {
  return (
    <div className="state state-problem" role="alert">
      <Icon name={icon} className="state-icon" />
      <p className="state-title">{title}</p>
      <p>{text}</p>
      {children}
    </div>
  );
}

/** Who may see what this person may not. */
export function NoRight({ roles }: { roles?: readonly Role[] }) {
  const { t } = useI18n();
  return (
    <Shown
      icon="eyeOff"
      title={t.states.noRightTitle}
      text={
        roles && roles.length > 0
          ? t.states.noRightText(roles.map((role) => t.roles[role]).join(', '))
          : t.states.notFoundText
      }
    >
      <Link to="/">{t.states.home}</Link>
    </Shown>
  );
}

export function NotFound({ title }: { title?: string }) {
  const { t } = useI18n();
  return (
    <Shown icon="search" title={title ?? t.states.notFoundTitle} text={t.states.notFoundText}>
      <Link to="/">{t.states.home}</Link>
    </Shown>
  );
}

/** What went wrong while loading, with what can be done about it. */
export function LoadProblem({ error, retry, roles }: { error: unknown; retry?: () => void; roles?: readonly Role[] }) {
  const { t, say } = useI18n();
  const again = retry === undefined ? null : <Button onClick={retry}>{t.common.retry}</Button>;
  if (isProblem(error)) {
    if (error.kind === 'no-right') return <NoRight {...(roles === undefined ? {} : { roles })} />;
    if (error.kind === 'absent') return <NotFound title={t.states.matterAbsentTitle} />;
    if (error.kind === 'offline') {
      return (
        <Shown icon="offline" title={t.states.offlineTitle} text={t.states.offlineText}>
          {again}
        </Shown>
      );
    }
    return (
      <Shown icon="warn" title={t.states.errorTitle} text={say(error.text)}>
        <p className="quiet">
          {t.states.code} {error.code}
          {error.correlationId === null ? null : ` · ${t.states.correlation} ${error.correlationId}`}
        </p>
        {again}
      </Shown>
    );
  }
  return (
    <Shown icon="warn" title={t.states.errorTitle} text={error instanceof Error ? error.message : String(error)}>
      {again}
    </Shown>
  );
}

/** A refusal in place: the rule's sentence, its article and its code. */
export function Refused({ error, children }: { error: unknown; children?: ReactNode }) {
  const { t, say, language } = useI18n();
  if (!isProblem(error)) {
    return (
      <div className="refused" role="alert" data-testid="refused">
        <p className="refused-title">{t.states.errorTitle}</p>
        <p>{error instanceof Error ? error.message : String(error)}</p>
      </div>
    );
  }
  const offline = error.kind === 'offline';
  const title = offline
    ? t.acts.offlineTitle
    : error.kind === 'malformed'
      ? t.acts.malformedTitle
      : error.kind === 'no-right'
        ? t.states.noRightTitle
        : error.kind === 'refused'
          ? t.acts.refusedTitle
          : t.states.errorTitle;
  return (
    <div className={offline ? 'refused refused-offline' : 'refused'} role="alert" data-testid="refused">
      <p className="refused-title">
        <Icon name={offline ? 'offline' : 'warn'} /> {title}
      </p>
      <p>{offline ? t.acts.offlineText : say(error.text)}</p>
      {error.faults.length === 0 ? null : (
        <ul>
          {error.faults.map((fault, index) => (
            <li key={index}>
              {fault.field === '' ? null : <code>{fault.field}</code>} {say(fault)}
            </li>
          ))}
        </ul>
      )}
      {offline ? null : (
        <p className="refused-basis">
          {error.cites.length === 0 ? null : (
            <span>
              {t.acts.basis}: {error.cites.map((cite) => formatCite(cite, language)).join(', ')} ·{' '}
            </span>
          )}
          <code>{error.code}</code>
        </p>
      )}
      {children}
    </div>
  );
}
