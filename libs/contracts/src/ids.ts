import { hash } from 'node:crypto';

/** Namespace of the identifiers that the register derives from names (RFC 9562 version 5). */
const NAMESPACE = Buffer.from('6f1d1c8e5d0b5b8e9a4e2f6c7a3b9d10', 'hex');

/** The namespace and behind it the name at hand: a rebuild names some obligations for each event. */
const SCRATCH = Buffer.alloc(1_024);
NAMESPACE.copy(SCRATCH);
/** UTF-8 takes up to three bytes for a unit of a text. */
const LONGEST_IN_SCRATCH = Math.floor((SCRATCH.length - NAMESPACE.length) / 3);

function withNamespace(name: string): Buffer {
  if (name.length > LONGEST_IN_SCRATCH) return Buffer.concat([NAMESPACE, Buffer.from(name, 'utf8')]);
  return SCRATCH.subarray(0, NAMESPACE.length + SCRATCH.write(name, NAMESPACE.length, 'utf8'));
}

/** The same name always gives the same identifier: imports and reactions find their stream again. UUID version 5. */
export function idFromName(name: string): string {
  const hex = hash('sha1', withNamespace(name));
  const variant = (parseInt(hex.charAt(16), 16) & 0x3) | 0x8;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant.toString(16)}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
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
