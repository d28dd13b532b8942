import { Button } from 'antd';
import { useEffect, useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { beginSignIn, finishSignIn } from '../api/session';
import { useI18n } from '../i18n';

/** A code is redeemed once, also where React mounts twice in development. */
let redeeming: { state: string | null; answer: ReturnType<typeof finishSignIn> } | null = null;

/** Where the issuer sends the person back to. */
export function AuthCallback() {
  const { t } = useI18n();
  const [query] = useSearchParams();
  const navigate = useNavigate();
  const [failure, setFailure] = useState<string | null>(null);

  useEffect(() => {
    let current = true;
    const state = query.get('state');
    if (redeeming === null || redeeming.state !== state) redeeming = { state, answer: finishSignIn(query) };
    redeeming.answer.then(
      (to) => {
        if (current) void navigate(to, { replace: true });
      },
      (error: unknown) => {
        if (current) setFailure(error instanceof Error ? error.message : String(error));
      },
    );
    return () => {
      current = false;
    };
  }, [query, navigate]);

  return (
    <main className="door" id="main">
      <section className="door-panel">
        {failure === null ? (
          <p role="status">{t.signIn.finishing}</p>
        ) : (
          <>
            <h1>{t.signIn.failed}</h1>
            <p>{t.signIn.failedHint}</p>
            <p className="refused" role="alert">
              <code>{failure}</code>
            </p>
            <Button type="primary" block onClick={() => void beginSignIn('/')}>
              {t.common.retry}
            </Button>
          </>
        )}
      </section>
    </main>
  );
}
