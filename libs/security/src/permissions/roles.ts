import type { Words } from '@app/http';

/** The roles a token may carry (claim `roles`). */
export const ROLES = [
  'intake_officer',
  'investigator',
  'prosecutor',
  'leader',
  'operator',
  'auditor',
  'custodian',
] as const;

export type Role = (typeof ROLES)[number];

/** What a role is called in front of people. */
export const ROLE_NAMES: Readonly<Record<Role, Words>> = {
  intake_officer: { vi: 'cán bộ tiếp nhận', en: 'intake officer' },
  investigator: { vi: 'điều tra viên', en: 'investigator' },
  prosecutor: { vi: 'kiểm sát viên', en: 'prosecutor' },
  leader: { vi: 'lãnh đạo', en: 'leader' },
  operator: { vi: 'quản trị hệ thống', en: 'operator' },
  auditor: { vi: 'kiểm toán viên', en: 'auditor' },
  custodian: { vi: 'người giữ danh tính người tố giác', en: "custodian of informants' identities" },
};

export function isRole(value: unknown): value is Role {
  return typeof value === 'string' && (ROLES as readonly string[]).includes(value);
}
