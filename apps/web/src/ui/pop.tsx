import { useEffect, useId, useLayoutEffect, useRef, useState, type ReactNode } from 'react';

/** A small panel beside the button that opens it. Escape or a press elsewhere closes it, and the focus goes back to the button. */
export function Pop({
  label,
  button,
  buttonClass = '',
  align = 'start',
  role = 'dialog',
  testId,
  children,
}: {
  /** The button's name where its content does not say it all. */
  label?: string;
  button: ReactNode;
  buttonClass?: string;
  align?: 'start' | 'end';
  role?: 'dialog' | 'menu';
  testId?: string;
  children: (close: () => void) => ReactNode;
}) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const root = useRef<HTMLSpanElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<{ top: number; left: number } | null>(null);

  useLayoutEffect(() => {
    if (!open || root.current === null || panel.current === null) return;
    const anchor = root.current.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = panel.current;
    const left = align === 'end' ? anchor.right - width : anchor.left;
    const below = anchor.bottom + 6;
    const fits = below + height < window.innerHeight || anchor.top < height;
    setPlace({
      top: fits ? below : anchor.top - height - 6,
      left: Math.max(8, Math.min(left, document.documentElement.clientWidth - width - 8)),
    });
  }, [open, align]);

  useEffect(() => {
    if (!open) return;
    const close = (): void => setOpen(false);
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      close();
      root.current?.querySelector('button')?.focus();
    };
    const onPress = (event: PointerEvent): void => {
      if (!root.current?.contains(event.target as Node) && !panel.current?.contains(event.target as Node)) close();
    };
    window.addEventListener('keydown', onKey, true);
    window.addEventListener('pointerdown', onPress, true);
    window.addEventListener('scroll', close, { passive: true });
    window.addEventListener('resize', close);
    return () => {
      window.removeEventListener('keydown', onKey, true);
      window.removeEventListener('pointerdown', onPress, true);
      window.removeEventListener('scroll', close);
      window.removeEventListener('resize', close);
    };
  }, [open]);

  return (
    <span className="pop" ref={root} onClick={(event) => event.stopPropagation()}>
      <button
        type="button"
        className={buttonClass === '' ? 'plain-button' : buttonClass}
        aria-label={label}
        aria-haspopup={role}
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        data-testid={testId}
        onClick={() => {
          setPlace(null);
          setOpen(!open);
        }}
      >
        {button}
      </button>
      {open ? (
        <div
          id={id}
          ref={panel}
          className="pop-panel"
          role={role === 'menu' ? 'menu' : 'group'}
          aria-label={label}
          style={place === null ? { visibility: 'hidden' } : { top: place.top, left: place.left }}
        >
          {children(() => setOpen(false))}
        </div>
      ) : null}
    </span>
  );
}
