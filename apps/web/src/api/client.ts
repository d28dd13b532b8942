import { observeServerDate } from '../ui/clock';
import { offlineProblem, Problem, problemFrom } from './problem';
import { accessToken } from './session';

/** One typed way to the server: bearer token, problem documents as errors, idempotency keys, entity tags. Same origin only. */
export type Query = Record<string, string | number | boolean | null | undefined>;

/** A random key for one intent of the user; every attempt to send that intent carries the same key. */
export const newIntentKey = (): string => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

/** The path with the query's present values. */
export function withQuery(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '' && value !== false) search.set(name, String(value));
  }
  const text = search.toString();
  return text === '' ? path : `${path}?${text}`;
}

const signedOut = (): Problem =>
  new Problem(
    'signed-out',
    401,
    'SessionEnded',
    { vi: 'Phiên làm việc đã hết. Hãy đăng nhập lại.', en: 'Your session has ended. Sign in again.' },
    [],
    [],
    null,
  );

/**
 * Sends one request with the bearer token; a 401 is tried once more with a renewed token.
 * @throws Problem for every answer that is not a success, and when no answer comes
 */
export async function send(path: string, init: RequestInit = {}): Promise<Response> {
  const attempt = async (refresh: boolean): Promise<Response> => {
    try {
      const token = await accessToken(refresh);
      if (token === null) throw signedOut();
      const headers = new Headers(init.headers);
      headers.set('authorization', `Bearer ${token}`);
      if (!headers.has('accept')) headers.set('accept', 'application/json');
      const response = await fetch(path, { ...init, headers });
      observeServerDate(response.headers.get('date'));
      return response;
    } catch (error) {
      if (error instanceof TypeError) throw offlineProblem();
      throw error;
    }
  };
  let response = await attempt(false);
  if (response.status === 401) response = await attempt(true);
  if (!response.ok) throw await problemFrom(response);
  return response;
}

/** GET as JSON. */
export async function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  const response = await send(withQuery(path, query), signal === undefined ? {} : { signal });
  return (await response.json()) as T;
}

export interface PostOptions {
  /** The same for every attempt of one intent. */
  intentKey: string;
  /** The version that the user saw; another one on the server is a conflict. */
  version?: number;
}

/** POST of a JSON body, answer as JSON (undefined where there is none). */
export async function post<T>(path: string, body: unknown, { intentKey, version }: PostOptions): Promise<T> {
  const response = await send(path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'idempotency-key': intentKey,
      ...(version === undefined ? {} : { 'if-match': `"${version}"` }),
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** PUT of a JSON body that replaces what is there, answer as JSON. */
export async function put<T>(path: string, body: unknown): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  const response = await send(path, { method: 'PUT', headers, body: JSON.stringify(body) });
  return (await response.json()) as T;
}

/** DELETE of what the path names. */
export async function remove(path: string): Promise<void> {
  await send(path, { method: 'DELETE' });
}

/** Fetches a file with the bearer token and hands it to the browser as a download. */
export async function download(path: string, name: string): Promise<void> {
  const response = await send(path, { headers: { accept: '*/*' } });
  const address = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
