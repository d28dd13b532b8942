import { Button } from 'antd';
import { useEffect, useState } from 'react';
import { Navigate, useSearchParams } from 'react-router';
import { beginSignIn, hasSession } from '../api/session';
import { useI18n } from '../i18n';
import { Icon, Mark } from '../ui/icon';
import { LanguageSwitch } from '../frame/language-switch';

/** The door: what the system is, and one button to the issuer of this origin. */
export function SignIn() {
  const { t } = useI18n();
  const [query] = useSearchParams();
  const [going, setGoing] = useState(false);
  const [failed, setFailed] = useState(false);
  const returnTo = query.get('to') ?? '/';

  useEffect(() => {
    document.title = `${t.signIn.title} · ${t.app.name}`;
  }, [t]);

  if (hasSession()) return <Navigate to={returnTo} replace />;

  const go = (): void => {
    setGoing(true);
    setFailed(false);
    beginSignIn(returnTo.startsWith('/') ? returnTo : '/').catch(() => {
      setGoing(false);
      setFailed(true);
    });
  };

  return (
    <main className="door" id="main">
      <div className="door-language">
        <LanguageSwitch />
      </div>
      <section className="door-panel" aria-labelledby="door-title">
        <div className="door-brand">
          <Mark />
          <h1 id="door-title">{t.app.name}</h1>
        </div>
        <p className="door-line">{t.app.line}</p>
        <svg className="door-axis" viewBox="0 0 360 44" aria-hidden="true" focusable="false">
          <path d="M8 22h344" stroke="var(--line-strong)" strokeWidth="1" />
          <path d="M8 22h216" stroke="var(--act)" strokeWidth="3" strokeLinecap="round" />
          <path d="M224 10v24" stroke="var(--ink)" strokeWidth="1.5" />
          <path d="M292 15v14" stroke="var(--amber-mark)" strokeWidth="2.5" />
          <path d="M306 15v14" stroke="var(--orange-mark)" strokeWidth="2.5" />
          <path d="M320 15v14" stroke="var(--red-mark)" strokeWidth="2.5" />
          <circle cx="8" cy="22" r="4" fill="var(--act)" />
        </svg>
        <p className="door-lead">{t.signIn.lead}</p>
        {query.get('ended') === '1' ? (
          <p className="door-note" role="status">
            <Icon name="clock" /> {t.signIn.ended}
          </p>
        ) : null}
        {failed ? (
          <p className="refused" role="alert">
            {t.signIn.noServer}
          </p>
        ) : null}
        <Button type="primary" size="large" block loading={going} onClick={go} data-testid="sign-in" autoFocus>
          {going ? t.signIn.going : t.signIn.button}
        </Button>
      </section>
    </main>
  );
}
