import { useQuery } from '@tanstack/react-query';
import { useEffect, useId, useState, type KeyboardEvent } from 'react';
import { useNavigate } from 'react-router';
import { get } from '../api/client';
import type { List, TipRow } from '../api/types';
import { useI18n } from '../i18n';
import { Dialog } from '../ui/dialog';
import { formatDay, plain } from '../ui/format';
import { Icon } from '../ui/icon';
import { useSignedIn } from './me';
import { placesOf } from './places';

interface Hit {
  key: string;
  to: string;
  title: string;
  detail: string;
}

/** Ctrl K: a number, the name of a place, a phrase; accents optional. */
export default function SearchBox({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const me = useSignedIn();
  const navigate = useNavigate();
  const listId = useId();
  const [text, setText] = useState('');
  const [asked, setAsked] = useState('');
  const [chosen, setChosen] = useState(0);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text.trim()), 160);
    return () => clearTimeout(timer);
  }, [text]);
  const found = useQuery({
    queryKey: ['tips', 'search', asked],
    queryFn: ({ signal }) => get<List<TipRow>>('/api/tips', { q: asked, limit: 8 }, signal),
    enabled: asked !== '',
  });
  const places: Hit[] = placesOf(me.roles)
    .map((place) => ({ key: place.path, to: place.path, title: t.places[place.word] as string, detail: '' }))
    .filter((hit) => text === '' || plain(hit.title).includes(plain(text.trim())));
  const tips: Hit[] = (asked === '' ? [] : (found.data?.items ?? [])).map((tip) => ({
    key: tip.id,
    to: `/tips/${tip.id}`,
    title: `${tip.registerNumber} · ${t.tip.kinds[tip.kind]}${tip.category === null ? '' : ` · ${t.tip.categories[tip.category]}`}`,
    detail: [tip.communeName, t.tip.statuses[tip.status], formatDay(tip.receivedAt)].filter(Boolean).join(' · '),
  }));
  const hits = [...tips, ...places];
  const at = Math.min(chosen, hits.length - 1);

  const open = (hit: Hit): void => {
    onClose();
    void navigate(hit.to);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setChosen(Math.max(0, Math.min(hits.length - 1, at + (event.key === 'ArrowDown' ? 1 : -1))));
    }
    const hit = hits[at];
    if (event.key === 'Enter' && hit !== undefined) {
      event.preventDefault();
      open(hit);
    }
  };
  const group = (title: string, items: Hit[], offset: number) =>
    items.length === 0 ? null : (
      <>
        <li role="presentation" className="search-group">
          {title}
        </li>
        {items.map((hit, index) => (
          <li
            key={hit.key}
            id={`${listId}-${offset + index}`}
            role="option"
            aria-selected={offset + index === at}
            onClick={() => open(hit)}
            onMouseMove={() => setChosen(offset + index)}
          >
            <span>{hit.title}</span>
            <span className="quiet">{hit.detail}</span>
          </li>
        ))}
      </>
    );

  return (
    <Dialog label={t.bar.search} onClose={onClose} className="search">
      <div className="search-line">
        <Icon name="search" />
        <input
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={at >= 0 ? `${listId}-${at}` : undefined}
          aria-label={t.bar.search}
          placeholder={t.search.placeholder}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setChosen(0);
          }}
          onKeyDown={onKey}
          data-testid="search-input"
        />
      </div>
      <ul id={listId} role="listbox" aria-label={t.bar.search} className="search-list">
        {group(t.search.tips, tips, 0)}
        {group(t.search.places, places, tips.length)}
      </ul>
      {hits.length === 0 && !found.isFetching ? <p className="search-none">{t.search.nothing}</p> : null}
      <p className="search-hint">{t.search.hint}</p>
    </Dialog>
  );
}
