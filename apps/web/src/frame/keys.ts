import { useEffect } from 'react';

/** True while the person types, so that single letters are text and not commands. */
export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (/^(input|textarea|select)$/i.test(target.tagName) || target.isContentEditable);

/** Listens for one key on the whole page. Single letters are left alone while somebody types or a dialog is open. */
export function useKey(key: string, act: () => void, { ctrl = false }: { ctrl?: boolean } = {}): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== key.toLowerCase() || (event.ctrlKey || event.metaKey) !== ctrl || event.altKey)
        return;
      if (!ctrl && (isTyping(event.target) || document.querySelector('[role="dialog"]') !== null)) return;
      event.preventDefault();
      act();
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, [key, ctrl, act]);
}
