import { useSyncExternalStore } from 'react';
import { applyTheme, type Mode } from './theme';

/** Light, dark, or as the device says; kept on this device. */
export type ThemeChoice = Mode | 'system';

const KEY = 'tinbao.theme';
const listeners = new Set<() => void>();
const dark = window.matchMedia('(prefers-color-scheme: dark)');

const stored = (): ThemeChoice => {
  const value = localStorage.getItem(KEY);
  return value === 'light' || value === 'dark' ? value : 'system';
};
let choice = stored();

export const modeOf = (chosen: ThemeChoice): Mode => (chosen === 'system' ? (dark.matches ? 'dark' : 'light') : chosen);

function renew(): void {
  applyTheme(modeOf(choice));
  for (const listener of listeners) listener();
}
dark.addEventListener('change', renew);

export function chooseTheme(next: ThemeChoice): void {
  choice = next;
  localStorage.setItem(KEY, next);
  renew();
}

const subscribe = (changed: () => void): (() => void) => {
  listeners.add(changed);
  return () => listeners.delete(changed);
};

export const useThemeChoice = (): ThemeChoice => useSyncExternalStore(subscribe, () => choice);
export const useMode = (): Mode => useSyncExternalStore(subscribe, () => modeOf(choice));
