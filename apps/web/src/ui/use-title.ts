import { useEffect } from 'react';
import { useI18n } from '../i18n';

/** The name of the page in the browser's tab. */
export function useTitle(title: string): void {
  const { t } = useI18n();
  useEffect(() => {
    document.title = `${title} · ${t.app.name}`;
  }, [title, t]);
}
