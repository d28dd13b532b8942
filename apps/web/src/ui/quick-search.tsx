import { useEffect, useState } from 'react';
import { useI18n } from '../i18n';

const PAUSE_MS = 200;

/** A line to search by; passes on what is typed after a short pause. */
export function QuickSearch({
  value,
  onChange,
  className,
  placeholder,
}: {
  value: string;
  onChange: (text: string) => void;
  className?: string;
  placeholder?: string;
}) {
  const { t } = useI18n();
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return (
    <input
      type="search"
      className={`quick-search ${className ?? ''}`}
      aria-label={t.common.search}
      placeholder={placeholder ?? t.bar.search}
      value={text}
      onChange={(event) => setText(event.target.value)}
    />
  );
}
