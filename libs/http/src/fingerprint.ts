import { hash } from 'node:crypto';

/** JSON with sorted keys and without undefined members: the same value always gives the same text. */
export function canonicalJson(value: unknown): string {
  if (value === undefined) return 'null';
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const own = value as { toJSON?: () => unknown };
  if (typeof own.toJSON === 'function') return canonicalJson(own.toJSON());
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  let members = '';
  for (const key of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[key];
    if (member === undefined) continue;
    if (members !== '') members += ',';
    members += `${JSON.stringify(key)}:${canonicalJson(member)}`;
  }
  return `{${members}}`;
}

/**
 * What an Idempotency-Key stands for: SHA-256 in hexadecimal over method, path without query, and body.
 * Only the digest is kept, so a stored fingerprint tells nothing about the body.
 */
export function fingerprint(method: string, path: string, body: unknown): string {
  const request = `${method.toUpperCase()} ${path.split('?', 1)[0]}\n${canonicalJson(body)}`;
  return hash('sha256', request);
}
