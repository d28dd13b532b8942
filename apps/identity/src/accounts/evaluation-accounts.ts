import type { Role } from '@app/security';
import type { Accounts } from './accounts.js';

/** One pair of the evaluation: an account of a person and a machine client with the same rights. */
export interface EvaluationAccount {
  user: string;
  client: string;
  role: Role;
  units: readonly string[];
  name: { vi: string; en: string };
}

/** Accounts of the evaluation mode (interfaces, section 2). Passwords and secrets are `<id>-demo`. */
export const EVALUATION_ACCOUNTS: readonly EvaluationAccount[] = [
  {
    user: 'canbo',
    client: 'desk',
    role: 'intake_officer',
    units: ['PC-80-25459'],
    name: { vi: 'Cán bộ trực ban', en: 'Intake officer' },
  },
  {
    user: 'dieutravien',
    client: 'investigator',
    role: 'investigator',
    units: ['PC-80'],
    name: { vi: 'Điều tra viên', en: 'Investigator' },
  },
  {
    user: 'kiemsatvien',
    client: 'prosecutor',
    role: 'prosecutor',
    units: ['VKS-80'],
    name: { vi: 'Kiểm sát viên', en: 'Prosecutor' },
  },
  {
    user: 'lanhdao',
    client: 'leader',
    role: 'leader',
    units: ['PC-80', 'VKS-80'],
    name: { vi: 'Lãnh đạo tỉnh', en: 'Provincial leader' },
  },
  {
    user: 'quantri',
    client: 'operator',
    role: 'operator',
    units: ['*'],
    name: { vi: 'Quản trị hệ thống', en: 'Operator' },
  },
  { user: 'kiemtoan', client: 'auditor', role: 'auditor', units: ['*'], name: { vi: 'Kiểm toán viên', en: 'Auditor' } },
  {
    user: 'giunguon',
    client: 'custodian',
    role: 'custodian',
    units: ['PC-80'],
    name: { vi: 'Người giữ danh tính', en: 'Custodian of identities' },
  },
];

export const evaluationSecret = (id: string): string => `${id}-demo`;

/** Evaluation accounts, whose passwords everybody knows, do not go with production. */
export class EvaluationInProduction extends Error {
  readonly code = 'EvaluationInProduction';
  constructor(reason: string) {
    super(reason);
    this.name = 'EvaluationInProduction';
  }
}

/** Make the evaluation accounts that are missing; secrets are hashed only for those. */
export async function ensureEvaluationAccounts(people: Accounts, machines: Accounts, at: Date): Promise<void> {
  const [knownPeople, knownMachines] = await Promise.all([people.evaluationIds(), machines.evaluationIds()]);
  await Promise.all(
    EVALUATION_ACCOUNTS.flatMap(({ user, client, role, units, name }) => {
      const rights = { name: name.vi, roles: [role], units, evaluation: true };
      return [
        knownPeople.includes(user) ||
          people.createIfAbsent({ ...rights, id: user, secret: evaluationSecret(user) }, at),
        knownMachines.includes(client) ||
          machines.createIfAbsent({ ...rights, id: client, secret: evaluationSecret(client) }, at),
      ];
    }),
  );
}

/** @throws EvaluationInProduction when this database holds evaluation accounts */
export async function refuseEvaluationAccounts(people: Accounts, machines: Accounts): Promise<void> {
  const known = await Promise.all([people.evaluationIds(), machines.evaluationIds()]);
  if (known.flat().length > 0) {
    throw new EvaluationInProduction(
      'this database holds evaluation accounts, whose passwords are public; production needs a database without them',
    );
  }
}
