/** Own line icons, 20 × 20, drawn with the text's colour. Always beside a word, so they are hidden from screen readers. */
const paths = {
  desk: 'M3 5h14v8H3zM7 17h6M10 13v4',
  receive: 'M10 4v12M4 10h12',
  tips: 'M5 3h10v14H5zM8 7h4M8 10h4M8 13h2',
  clock: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 6v4l3 2',
  morning: 'M3 15h14M5 15a5 5 0 0 1 10 0M10 4v3M3.5 9l2 1.2M16.5 9l-2 1.2',
  extension: 'M4 10h9M10 6l4 4-4 4M17 4v12',
  cases: 'M3 6h14v11H3zM7 6V4h6v2M3 11h14',
  dashboard: 'M3 17h14M5 17v-5M9 17V8M13 17v-7M17 17V5',
  imports: 'M10 3v9M6 9l4 4 4-4M4 16h12',
  operations: 'M4 4h12v4H4zM4 12h12v4H4zM7 6h.01M7 14h.01M11 6h3M11 14h3',
  units: 'M8 3h4v4H8zM3 13h4v4H3zM13 13h4v4h-4zM10 7v3M5 13v-3h10v3',
  calculator: 'M5 3h10v14H5zM7.5 6h5M7.5 10h.01M10 10h.01M12.5 10h.01M7.5 13.5h.01M10 13.5h.01M12.5 13.5h.01',
  bell: 'M10 3v1M5.5 14V9.5a4.5 4.5 0 0 1 9 0V14l1.5 1.5H4zM8.5 17.5h3',
  search: 'M9 4a5 5 0 1 0 0 10A5 5 0 0 0 9 4zM13 13l4 4',
  account: 'M10 4a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM4 17c0-3 3-5 6-5s6 2 6 5',
  check: 'M4 10.5l4 4 8-9',
  warn: 'M10 3l8 14H2zM10 8v4M10 14.5v.01',
  late: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM7.5 7.5l5 5M12.5 7.5l-5 5',
  today: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 6.5v4M10 13.2v.01',
  pause: 'M7 5v10M13 5v10',
  calendar: 'M3 5h14v12H3zM3 9h14M7 3v4M13 3v4',
  eyeOff:
    'M3 3l14 14M8.5 5.2A8 8 0 0 1 18 10a9 9 0 0 1-2.4 3M5 6.6A9 9 0 0 0 2 10a8 8 0 0 0 10.5 4.6M8.5 8.5a2.1 2.1 0 0 0 3 3',
  eye: 'M2 10c2-3.6 5-5 8-5s6 1.4 8 5c-2 3.6-5 5-8 5s-6-1.4-8-5zM10 8a2 2 0 1 0 0 4 2 2 0 0 0 0-4z',
  chevronDown: 'M5 8l5 5 5-5',
  chevronRight: 'M8 5l5 5-5 5',
  close: 'M5 5l10 10M15 5L5 15',
  link: 'M8 12l4-4M7 9l-2 2a3 3 0 0 0 4 4l2-2M13 11l2-2a3 3 0 0 0-4-4L9 7',
  language: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM3 10h14M10 3c3 3 3 11 0 14M10 3c-3 3-3 11 0 14',
  offline: 'M3 3l14 14M4 9a9 9 0 0 1 3-2M16 9a9 9 0 0 0-5-2.4M7 12a5 5 0 0 1 2-1M10 15v.01',
  send: 'M3 10l14-6-5 13-3-5zM9 12l8-8',
  up: 'M10 16V5M5 9l5-5 5 5',
  download: 'M10 3v9M6 9l4 4 4-4M4 16h12',
  tv: 'M3 4h14v10H3zM7 17h6',
  dot: 'M10 7a3 3 0 1 0 0 6 3 3 0 0 0 0-6z',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, className }: { name: IconName; className?: string }) {
  return (
    <svg
      className={className === undefined ? 'icon' : `icon ${className}`}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={paths[name]} />
    </svg>
  );
}

/** The sign of the product: a T with the amber point of a term. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="7" fill="var(--act)" />
      <path d="M8 9.5h16M16 9.5v13" stroke="var(--on-act)" strokeWidth="3.2" strokeLinecap="round" />
      <circle cx="23" cy="21" r="3" fill="var(--amber-mark)" />
    </svg>
  );
}
