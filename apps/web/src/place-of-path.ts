/**
 * Which chunk shows an address; the first that fits. Read by the application, and by its build, which lets the page fetch the
 * chunk's files beside the application's own instead of after them.
 */
export const PLACES = [
  { name: 'tip', path: '^/tips/.', module: 'src/tips/tip.tsx' },
  { name: 'case', path: '^/cases/.', module: 'src/cases/case.tsx' },
  { name: 'preferences', path: '^/inbox/.', module: 'src/inbox/preferences.tsx' },
  { name: 'desk', path: '^/desk', module: 'src/desk/desk.tsx' },
  { name: 'receive', path: '^/receive', module: 'src/receive/receive.tsx' },
  { name: 'tips', path: '^/tips', module: 'src/tips/tips.tsx' },
  { name: 'obligations', path: '^/obligations', module: 'src/obligations/obligations.tsx' },
  { name: 'requests', path: '^/extension-requests', module: 'src/extension-requests/extension-requests.tsx' },
  { name: 'cases', path: '^/cases', module: 'src/cases/cases.tsx' },
  { name: 'dashboard', path: '^/dashboard', module: 'src/dashboard/dashboard.tsx' },
  { name: 'indicators', path: '^/indicators', module: 'src/dashboard/indicator-matters.tsx' },
  { name: 'imports', path: '^/imports', module: 'src/imports/imports.tsx' },
  { name: 'operations', path: '^/operations', module: 'src/operations/operations.tsx' },
  { name: 'units', path: '^/units', module: 'src/units/units.tsx' },
  { name: 'inbox', path: '^/inbox', module: 'src/inbox/inbox.tsx' },
  { name: 'law', path: '^/law', module: 'src/law/law.tsx' },
  { name: 'calculator', path: '^/calculator', module: 'src/calculator/calculator.tsx' },
] as const;

export type PlaceName = (typeof PLACES)[number]['name'];

/** The chunk of an address; undefined for an address without a place of its own. */
export const placeOf = (path: string): PlaceName | undefined =>
  PLACES.find((place) => new RegExp(place.path).test(path))?.name;
