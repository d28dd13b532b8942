import { createHash } from 'node:crypto';

/** Namespace of the identifiers that the register derives from names (RFC 9562 version 5). */
const NAMESPACE = Buffer.from('6f1d1c8e5d0b5b8e9a4e2f6c7a3b9d10', 'hex');

/** The same name always gives the same identifier: imports and reactions find their stream again. UUID version 5. */
export function idFromName(name: string): string {
  const hash = createHash('sha1').update(NAMESPACE).update(name, 'utf8').digest().subarray(0, 16);
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Identity of an imported tip: unit, register number and year name it. */
export function tipIdOfRegister(unitCode: string, number: number, year: number): string {
  return idFromName(`tip/${unitCode}/${number}/${year}`);
}

/** A tip leads to at most one case; the case's identity follows from the tip's. */
export function caseIdOfTip(tipId: string): string {
  return idFromName(`case-of-tip/${tipId}`);
}

/** Identity of an imported case that names no tip: unit, case number and year. */
export function caseIdOfRegister(unitCode: string, caseNumber: string, year: number): string {
  return idFromName(`case/${unitCode}/${caseNumber}/${year}`);
}

/** A tip may ask for the one extension again after a refusal; the count keeps the requests apart. */
export function extensionRequestId(tipId: string, count: number): string {
  return idFromName(`extension-request/${tipId}/${count}`);
}
