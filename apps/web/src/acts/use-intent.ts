import { useRef } from 'react';
import { newIntentKey } from '../api/client';
import { now } from '../ui/clock';
import { toMoment } from '../ui/format';

/**
 * One intent of the user: the idempotency key and the moment "now" stay the same while the same thing is sent again (a lost answer must not make a second act),
 * and are new as soon as something else is sent.
 */
export function useIntent(): (content: unknown) => { intentKey: string; sentAt: string } {
  const last = useRef<{ content: string; intentKey: string; sentAt: string } | null>(null);
  return (content) => {
    const text = JSON.stringify(content);
    if (last.current?.content !== text)
      last.current = { content: text, intentKey: newIntentKey(), sentAt: toMoment(now()) };
    return last.current;
  };
}
