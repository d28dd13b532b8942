/** Streams are named `<prefix><id>`; each kind of stream feeds one topic of its owner (see docs/event-map.md). */
export const STREAMS = {
  crimeTip: 'crime-tip-',
  unit: 'unit-',
  registerRow: 'register-row-',
  extensionRequest: 'extension-request-',
  criminalCase: 'criminal-case-',
  obligation: 'obligation-',
  lawVersion: 'law-version-',
} as const;

export const TOPIC_NAMES = {
  crimeTips: 'intake.crime-tips',
  units: 'intake.units',
  registerRows: 'intake.register-rows',
  extensionRequests: 'prosecution.extension-requests',
  criminalCases: 'prosecution.criminal-cases',
  obligations: 'deadlines.obligations',
  lawVersions: 'deadlines.law-versions',
} as const;
