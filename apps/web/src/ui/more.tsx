import { Button } from 'antd';
import { useEffect, useRef } from 'react';
import { useI18n } from '../i18n';

/** The next page of a list: read when its foot comes near the window, or by the button. */
export function More({ has, loading, load }: { has: boolean; loading: boolean; load: () => void }) {
  const { t } = useI18n();
  const foot = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!has || loading || foot.current === null) return;
    const watch = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) load();
      },
      { rootMargin: '600px' },
    );
    watch.observe(foot.current);
    return () => watch.disconnect();
  }, [has, loading, load]);
  if (!has) return null;
  return (
    <div ref={foot} className="table-more no-print">
      <Button onClick={load} loading={loading}>
        {t.common.more}
      </Button>
    </div>
  );
}
