export const SERVICES = ['identity', 'intake', 'prosecution', 'deadlines', 'statistics'];

/**
 * Which service answers which path; the first line that fits decides. A path under `/api` that no line names is
 * answered 404 here, anything else is the web's.
 */
export const ROUTES = [
  ...SERVICES.map((service) => ({ service, path: new RegExp(`^/api/operations/${service}(/|$)`) })),
  { service: 'identity', path: /^\/oidc(\/|$)/ },
  { service: 'identity', path: /^\/\.well-known\// },
  { service: 'deadlines', path: /^\/api\/me\/(alerts|calendar-feed)(\/|$)/ },
  { service: 'deadlines', path: /^\/calendar\// },
  { service: 'identity', path: /^\/api\/(me|accounts)(\/|$)/ },
  { service: 'deadlines', path: /^\/api\/(tips|cases)\/[^/]+\/obligations(\/|$)/ },
  { service: 'deadlines', path: /^\/api\/(obligations|time-limits|calendar-versions|rule-versions|inbox)(\/|$)/ },
  { service: 'intake', path: /^\/api\/(tips|imports|units|communes|offences|access-log)(\/|$)/ },
  { service: 'prosecution', path: /^\/api\/(cases|extension-requests)(\/|$)/ },
  { service: 'statistics', path: /^\/api\/(indicators|live|reports)(\/|$)/ },
];

/** The service that answers a path (without query), or undefined when none does. */
export function serviceOf(path) {
  return ROUTES.find((route) => route.path.test(path))?.service;
}

/** Uploads, files, live events and what a change of the law would move take the time they need. */
const LONG = /^\/api\/(imports|live|reports|calendar-versions|rule-versions)(\/|$)|^\/calendar\//;

/** Whether the answer to a path may begin later than others. */
export function mayTakeLong(path) {
  return LONG.test(path);
}
