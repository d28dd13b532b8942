import { useSyncExternalStore, type ReactNode } from 'react';
import { useI18n } from '../i18n';
import { Icon } from './icon';

/** Short news of what was done, at the foot of the screen; read out by screen readers, gone after six seconds. */
interface News {
  id: number;
  content: ReactNode;
}

const STAYS_MS = 6_000;
let news: readonly News[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

const tell = (next: readonly News[]): void => {
  news = next;
  for (const listener of listeners) listener();
};

/** Shows one piece of news. */
export function notify(content: ReactNode): void {
  const id = nextId++;
  tell([...news, { id, content }]);
  setTimeout(() => tell(news.filter((item) => item.id !== id)), STAYS_MS);
}

export function NewsStand() {
  const { t } = useI18n();
  const items = useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => news,
  );
  return (
    <div className="news" role="status" aria-live="polite" data-testid="news">
      {items.map((item) => (
        <div key={item.id} className="news-item">
          <Icon name="check" />
          <span>{item.content}</span>
          <button
            type="button"
            className="plain-button"
            aria-label={t.common.close}
            onClick={() => tell(news.filter(({ id }) => id !== item.id))}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
