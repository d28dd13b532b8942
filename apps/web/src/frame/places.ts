import type { Role } from '../api/types';
import type { Dictionary } from '../i18n/vi';
import type { IconName } from '../ui/icon';

/** The places of each role in the rail, in its order; the first is its start page. */
export interface Place {
  path: string;
  icon: IconName;
  word: keyof Dictionary['places'];
  /** Which count of what needs an act stands beside it. */
  count?: 'obligations' | 'extensions';
}

const desk: Place = { path: '/desk', icon: 'desk', word: 'desk', count: 'obligations' };
const work: Place = { path: '/desk', icon: 'desk', word: 'work', count: 'obligations' };
const receive: Place = { path: '/receive', icon: 'receive', word: 'receive' };
const tips: Place = { path: '/tips', icon: 'tips', word: 'tips' };
const obligations: Place = { path: '/obligations', icon: 'clock', word: 'obligations' };
const morning: Place = { path: '/obligations', icon: 'morning', word: 'morning', count: 'obligations' };
const extensions: Place = { path: '/extension-requests', icon: 'extension', word: 'extensions', count: 'extensions' };
const cases: Place = { path: '/cases', icon: 'cases', word: 'cases' };
const dashboard: Place = { path: '/dashboard', icon: 'dashboard', word: 'dashboard' };
const imports: Place = { path: '/imports', icon: 'imports', word: 'imports' };
const operations: Place = { path: '/operations', icon: 'operations', word: 'operations' };
const units: Place = { path: '/units', icon: 'units', word: 'units' };
const law: Place = { path: '/law', icon: 'calendar', word: 'law' };
const calculator: Place = { path: '/calculator', icon: 'calculator', word: 'calculator' };

const byRole: Record<Role, readonly Place[]> = {
  intake_officer: [desk, receive, tips, obligations, calculator],
  investigator: [work, tips, obligations, cases, calculator],
  prosecutor: [morning, extensions, tips, cases, calculator],
  leader: [dashboard, obligations, tips, cases, units],
  operator: [imports, units, law, operations, tips, calculator],
  auditor: [operations, units, calculator],
  custodian: [tips, units, calculator],
};

/** The places of a person: those of the first role, then what the others add. */
export function placesOf(roles: readonly Role[]): Place[] {
  const seen = new Set<string>();
  return roles
    .flatMap((role) => byRole[role] ?? [])
    .filter((place) => (seen.has(place.path) ? false : (seen.add(place.path), true)));
}

/** Who may open a page; pages not named are for everybody signed in. */
export const rolesOfPage: Record<string, readonly Role[]> = {
  desk: ['intake_officer', 'investigator'],
  receive: ['intake_officer', 'investigator'],
  extensions: ['prosecutor', 'investigator', 'leader'],
  dashboard: ['leader', 'prosecutor', 'investigator', 'auditor', 'operator'],
  imports: ['operator'],
  operations: ['operator', 'auditor'],
  inbox: ['intake_officer', 'investigator', 'prosecutor', 'leader'],
};
