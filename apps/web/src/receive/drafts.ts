import type { ReceiveTip } from '../api/types';
import type { Category, Channel, Offence, TipKind } from '../api/types';
import { newIntentKey } from '../api/client';
import { now } from '../ui/clock';

/**
 * Drafts of tips on this device: what is being typed, and what waits to be sent. They survive a closed browser. A draft may hold an informant's identity,
 * so it is sealed with a key that this browser never gives out (AES-GCM, not extractable), is shown to the same user only, and is removed as soon as
 * the server has the tip. Where the browser offers no cryptography (plain HTTP to another host) the draft is kept without the informant.
 */
export interface ReceiveFields {
  kind: TipKind | null;
  channel: Channel;
  /** null stands for "now", taken when the tip is sent. */
  receivedAt: string | null;
  content: string;
  unitCode: string;
  communeCode: string | null;
  communeName: string | null;
  category: Category | null;
  offence: Offence | null;
  informant: { name: string; address: string; phone: string; idNumber: string };
  refused: boolean;
  refusedReason: string;
}

export interface Draft {
  /** Also the idempotency key: however often it is sent, one tip comes of it. */
  id: string;
  userId: string;
  /** `draft`: being typed. `waiting`: to be sent when the network is back. `refused`: was sent and not accepted. */
  state: 'draft' | 'waiting' | 'refused';
  savedAt: number;
  fields: ReceiveFields;
  /** What is sent, fixed when the officer pressed the button. */
  body: ReceiveTip | null;
}

interface Stored {
  id: string;
  userId: string;
  state: Draft['state'];
  savedAt: number;
  iv?: Uint8Array<ArrayBuffer>;
  sealed?: ArrayBuffer;
  open?: Pick<Draft, 'fields' | 'body'>;
}

export const emptyFields = (unitCode: string): ReceiveFields => ({
  kind: null,
  channel: 'counter',
  receivedAt: null,
  content: '',
  unitCode,
  communeCode: null,
  communeName: null,
  category: null,
  offence: null,
  informant: { name: '', address: '', phone: '', idNumber: '' },
  refused: false,
  refusedReason: '',
});

export const newDraft = (userId: string, fields: ReceiveFields): Draft => ({
  id: newIntentKey(),
  userId,
  state: 'draft',
  savedAt: now(),
  fields,
  body: null,
});

/** True when drafts can be sealed and so may hold the informant. */
export const canSeal = (): boolean => (globalThis.crypto.subtle as SubtleCrypto | undefined) !== undefined;

const request = <T>(asked: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error ?? new Error('IndexedDB request failed'));
  });

let opened: Promise<IDBDatabase> | null = null;
function database(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open('tinbao', 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore('drafts', { keyPath: 'id' });
      asked.result.createObjectStore('keys');
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error ?? new Error('IndexedDB cannot be opened'));
  });
  return opened;
}

async function sealingKey(): Promise<CryptoKey> {
  const db = await database();
  const known = await request<CryptoKey | undefined>(db.transaction('keys').objectStore('keys').get('drafts'));
  if (known !== undefined) return known;
  const made = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  await request(db.transaction('keys', 'readwrite').objectStore('keys').put(made, 'drafts'));
  return made;
}

const changed = new Set<() => void>();
/** Calls back after a draft of this tab was written or removed. */
export function onDraftsChanged(listener: () => void): () => void {
  changed.add(listener);
  return () => changed.delete(listener);
}
const tell = (): void => {
  for (const listener of changed) listener();
};

const withoutInformant = (draft: Draft): Pick<Draft, 'fields' | 'body'> => {
  const fields = { ...draft.fields, informant: { name: '', address: '', phone: '', idNumber: '' } };
  if (draft.body === null) return { fields, body: null };
  const body = { ...draft.body };
  delete body.informant;
  return { fields, body };
};

/** Writes the draft. */
export async function saveDraft(draft: Draft): Promise<void> {
  const { id, userId, state, savedAt, fields, body } = draft;
  const stored: Stored = { id, userId, state, savedAt };
  if (canSeal()) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify({ fields, body }));
    stored.iv = iv;
    stored.sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, await sealingKey(), plain);
  } else stored.open = withoutInformant(draft);
  const db = await database();
  await request(db.transaction('drafts', 'readwrite').objectStore('drafts').put(stored));
  tell();
}

/** Forgets the draft. */
export async function removeDraft(id: string): Promise<void> {
  const db = await database();
  await request(db.transaction('drafts', 'readwrite').objectStore('drafts').delete(id));
  tell();
}

/** The drafts of a user on this device, oldest first. One that can no longer be opened (the browser lost its key) is removed. */
export async function draftsOf(userId: string): Promise<Draft[]> {
  const db = await database();
  const all = await request<Stored[]>(db.transaction('drafts').objectStore('drafts').getAll());
  const found: Draft[] = [];
  for (const stored of all.filter((entry) => entry.userId === userId)) {
    const content = await openStored(stored);
    if (content === null) await removeDraft(stored.id);
    else found.push({ id: stored.id, userId, state: stored.state, savedAt: stored.savedAt, ...content });
  }
  return found.sort((a, b) => a.savedAt - b.savedAt);
}

async function openStored(stored: Stored): Promise<Pick<Draft, 'fields' | 'body'> | null> {
  if (stored.open !== undefined) return stored.open;
  if (stored.sealed === undefined || stored.iv === undefined || !canSeal()) return null;
  try {
    const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: stored.iv }, await sealingKey(), stored.sealed);
    return JSON.parse(new TextDecoder().decode(plain)) as Pick<Draft, 'fields' | 'body'>;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'OperationError') return null;
    throw error;
  }
}
