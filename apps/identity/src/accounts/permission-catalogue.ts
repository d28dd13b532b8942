import type { Permission } from '@app/security';

/**
 * Every permission of the system, written from the declarations beside the use cases of all services. Identity tells
 * the web what its caller may do, also when the services that declare it run in other processes.
 * A test compares it with the code and writes it: `WRITE_PERMISSIONS=1`, see test/architecture.
 */
// prettier-ignore
export const PERMISSIONS: readonly Permission[] = [
  { verb: 'access-log.read', roles: ['auditor'], scope: 'all' },
  { verb: 'account.create', roles: ['operator'], scope: 'all' },
  { verb: 'account.read', roles: ['operator'], scope: 'all' },
  { verb: 'account.reset-second-factor', roles: ['operator'], scope: 'all' },
  { verb: 'alert.choose', roles: ['intake_officer', 'investigator', 'leader', 'prosecutor'], scope: 'none' },
  { verb: 'case.conclude', roles: ['investigator'], scope: 'unit' },
  { verb: 'case.decide-prosecution', roles: ['prosecutor'], scope: 'unit' },
  { verb: 'case.extend-prosecution', roles: ['prosecutor'], scope: 'unit' },
  { verb: 'case.history', roles: ['investigator', 'leader', 'operator', 'prosecutor'], scope: 'unit' },
  { verb: 'case.list', roles: ['investigator', 'leader', 'operator', 'prosecutor'], scope: 'unit' },
  { verb: 'case.open', roles: ['investigator'], scope: 'unit' },
  { verb: 'case.read', roles: ['investigator', 'leader', 'operator', 'prosecutor'], scope: 'unit' },
  { verb: 'case.receive-file', roles: ['prosecutor'], scope: 'unit' },
  { verb: 'commune.search', roles: ['auditor', 'custodian', 'intake_officer', 'investigator', 'leader', 'operator', 'prosecutor'], scope: 'none' },
  { verb: 'extension.grant', roles: ['prosecutor'], scope: 'unit' },
  { verb: 'extension.list', roles: ['investigator', 'leader', 'prosecutor'], scope: 'unit' },
  { verb: 'extension.read', roles: ['investigator', 'leader', 'prosecutor'], scope: 'unit' },
  { verb: 'extension.refuse', roles: ['prosecutor'], scope: 'unit' },
  { verb: 'import.run', roles: ['operator'], scope: 'all' },
  { verb: 'inbox.read', roles: ['intake_officer', 'investigator', 'leader', 'prosecutor'], scope: 'unit' },
  { verb: 'indicator.read', roles: ['investigator', 'leader', 'operator', 'prosecutor'], scope: 'unit' },
  { verb: 'informant.reveal', roles: ['custodian', 'intake_officer', 'investigator'], scope: 'unit' },
  { verb: 'obligation.list', roles: ['intake_officer', 'investigator', 'leader', 'operator', 'prosecutor'], scope: 'unit' },
  { verb: 'offence.search', roles: ['auditor', 'custodian', 'intake_officer', 'investigator', 'leader', 'operator', 'prosecutor'], scope: 'none' },
  { verb: 'self.read', roles: ['auditor', 'custodian', 'intake_officer', 'investigator', 'leader', 'operator', 'prosecutor'], scope: 'none' },
  { verb: 'self.second-factor', roles: ['auditor', 'custodian', 'intake_officer', 'investigator', 'leader', 'operator', 'prosecutor'], scope: 'none' },
  { verb: 'time-limit.calculate', roles: ['auditor', 'custodian', 'intake_officer', 'investigator', 'leader', 'operator', 'prosecutor'], scope: 'none' },
  { verb: 'tip.accept', roles: ['investigator'], scope: 'unit' },
  { verb: 'tip.acknowledge', roles: ['intake_officer', 'investigator'], scope: 'unit' },
  { verb: 'tip.assign', roles: ['investigator'], scope: 'unit' },
  { verb: 'tip.classify', roles: ['intake_officer', 'investigator'], scope: 'unit' },
  { verb: 'tip.decline', roles: ['investigator'], scope: 'unit' },
  { verb: 'tip.history', roles: ['custodian', 'intake_officer', 'investigator', 'leader', 'operator', 'prosecutor'], scope: 'unit' },
  { verb: 'tip.initiate', roles: ['investigator'], scope: 'unit' },
  { verb: 'tip.list', roles: ['custodian', 'intake_officer', 'investigator', 'leader', 'operator', 'prosecutor'], scope: 'unit' },
  { verb: 'tip.prolong', roles: ['investigator'], scope: 'unit' },
  { verb: 'tip.read', roles: ['custodian', 'intake_officer', 'investigator', 'leader', 'operator', 'prosecutor'], scope: 'unit' },
  { verb: 'tip.receive', roles: ['intake_officer', 'investigator'], scope: 'unit' },
  { verb: 'tip.request-extension', roles: ['investigator'], scope: 'unit' },
  { verb: 'tip.resume', roles: ['investigator'], scope: 'unit' },
  { verb: 'tip.send-notice', roles: ['intake_officer', 'investigator'], scope: 'unit' },
  { verb: 'tip.suspend', roles: ['investigator'], scope: 'unit' },
  { verb: 'tip.transfer', roles: ['intake_officer', 'investigator'], scope: 'unit' },
  { verb: 'unit.list', roles: ['auditor', 'custodian', 'intake_officer', 'investigator', 'leader', 'operator', 'prosecutor'], scope: 'none' },
];
