import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const KEY_BYTES = 32;

/** Nonces drawn from the system's source in one call; a call costs as much as sealing a short text. */
const NONCES_AT_ONCE = 512;
let nonces = Buffer.alloc(0);

/** A nonce never given before. They are no secret, so that a stock of them may lie in memory; keys never do. */
function freshNonce(): Buffer {
  if (nonces.length === 0) nonces = randomBytes(NONCES_AT_ONCE * NONCE_BYTES);
  const nonce = nonces.subarray(0, NONCE_BYTES);
  nonces = nonces.subarray(NONCE_BYTES);
  return nonce;
}

/** First byte of everything sealed, so that another way of sealing can be told apart later. */
const FORMAT = 1;

/** A sealed value cannot be opened: other key, other place, or changed. */
export class SealBroken extends Error {
  readonly code = 'SealBroken';
  constructor() {
    super('a sealed value cannot be opened with this key in this place');
    this.name = 'SealBroken';
  }
}

/**
 * Seal bytes with AES-256-GCM under a random nonce.
 * @param aad the place the value belongs to; it opens nowhere else
 */
export function seal(key: Buffer, plain: Buffer, aad: string): Buffer {
  const nonce = freshNonce();
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(aad, 'utf8'));
  return Buffer.concat([Buffer.of(FORMAT), nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Open sealed bytes. @throws SealBroken */
export function open(key: Buffer, sealed: Buffer, aad: string): Buffer {
  if (sealed.length < 1 + NONCE_BYTES + TAG_BYTES || sealed[0] !== FORMAT) throw new SealBroken();
  const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(aad, 'utf8'));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  try {
    return Buffer.concat([
      decipher.update(sealed.subarray(1 + NONCE_BYTES, sealed.length - TAG_BYTES)),
      decipher.final(),
    ]);
  } catch {
    throw new SealBroken();
  }
}

/** Seal text; the answer is base64url without padding. */
export function sealText(key: Buffer, text: string, aad: string): string {
  return seal(key, Buffer.from(text, 'utf8'), aad).toString('base64url');
}

/** Open text sealed by `sealText`. @throws SealBroken */
export function openText(key: Buffer, sealed: string, aad: string): string {
  return open(key, Buffer.from(sealed, 'base64url'), aad).toString('utf8');
}
