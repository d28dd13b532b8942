import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import type { Bilingual } from '../api/types';
import type { Language } from '../ui/format';
import { vi, type Dictionary } from './vi';

/** The language of the screens: Vietnamese unless this device chose English. English words are fetched when first needed. */
const KEY = 'tinbao.language';

interface I18n {
  language: Language;
  t: Dictionary;
  choose: (language: Language) => void;
  /** The text of the server in the language of the screen. */
  say: (text: Bilingual | null | undefined) => string;
}

const Context = createContext<I18n | null>(null);

const load = async (language: Language): Promise<Dictionary> => (language === 'vi' ? vi : (await import('./en')).en);

export function I18nProvider({ children }: { children: ReactNode }) {
  const [chosen, setChosen] = useState<Language>(() => (localStorage.getItem(KEY) === 'en' ? 'en' : 'vi'));
  const [ready, setReady] = useState<{ language: Language; t: Dictionary } | null>(
    chosen === 'vi' ? { language: 'vi', t: vi } : null,
  );

  useEffect(() => {
    let current = true;
    void load(chosen).then((t) => {
      if (!current) return;
      document.documentElement.lang = chosen;
      setReady({ language: chosen, t });
    });
    return () => {
      current = false;
    };
  }, [chosen]);

  const choose = useCallback((language: Language) => {
    localStorage.setItem(KEY, language);
    setChosen(language);
  }, []);

  const value = useMemo<I18n | null>(
    () => (ready === null ? null : { ...ready, choose, say: (text) => (text ? text[ready.language] || text.vi : '') }),
    [ready, choose],
  );
  return value === null ? null : <Context.Provider value={value}>{children}</Context.Provider>;
}

/** The words, the language, and `say` for texts of the server. */
export function useI18n(): I18n {
  const value = useContext(Context);
  if (value === null) throw new Error('useI18n outside I18nProvider');
  return value;
}
