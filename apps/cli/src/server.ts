import { Misused, Refused } from './outcome.js';

export interface ServerOptions {
  server: string;
  /** `ID:SECRET`; absent = only what needs no sign-in can be asked. */
  client: string | undefined;
}

interface Problem {
  title?: string;
  detail?: string;
  code?: string;
  vi?: string;
  en?: string;
}

/** A running system, asked over HTTP as a machine client. */
export class Server {
  private readonly origin: string;
  private token: string | undefined;

  /** @throws Misused when the address or the client is malformed */
  constructor(private readonly options: ServerOptions) {
    if (!URL.canParse(options.server)) throw new Misused(`--server ${options.server} is not an address`);
    this.origin = options.server.replace(/\/+$/, '');
  }

  /** An answer without sign-in; its body, and whether the status says success. */
  async look(path: string): Promise<{ ok: boolean; status: number; body: unknown }> {
    const answer = await this.fetch(path, {});
    return { ok: answer.ok, status: answer.status, body: await bodyOf(answer) };
  }

  /** @throws Refused with the server's own reason */
  async get<T>(path: string): Promise<T> {
    return (await bodyOf(await this.ask(path, () => ({})))) as T;
  }

  /** @throws Refused with the server's own reason */
  async getText(path: string): Promise<string> {
    return (await this.ask(path, () => ({}))).text();
  }

  /** `body` is made anew for a second try after the token has run out. @throws Refused with the server's own reason */
  async post<T>(path: string, body: () => BodyInit | object, idempotencyKey: string): Promise<T> {
    const answer = await this.ask(path, () => {
      const content = body();
      const isForm = content instanceof FormData;
      return {
        method: 'POST',
        headers: { 'idempotency-key': idempotencyKey, ...(isForm ? {} : { 'content-type': 'application/json' }) },
        body: isForm ? content : JSON.stringify(content),
      };
    });
    return (await bodyOf(answer)) as T;
  }

  private async ask(path: string, request: () => RequestInit): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      this.token ??= await this.signIn();
      const asked = request();
      const answer = await this.fetch(path, {
        ...asked,
        headers: { ...(asked.headers as Record<string, string>), authorization: `Bearer ${this.token}` },
      });
      if (answer.ok) return answer;
      if (answer.status === 401 && attempt === 1) {
        // A long import outlives a token.
        this.token = undefined;
        continue;
      }
      throw refusalOf(answer, await bodyOf(answer));
    }
  }

  private async signIn(): Promise<string> {
    const [id, ...secret] = (this.options.client ?? '').split(':');
    if (!id || secret.length === 0) {
      throw new Misused(
        'This command signs in: give --client ID:SECRET or set TINBAO_CLIENT (in the evaluation mode, for example, operator:operator-demo)',
      );
    }
    const answer = await this.fetch('/oidc/token', {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret.join(':'))}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: 'grant_type=client_credentials',
    });
    const body = (await bodyOf(answer)) as { access_token?: string };
    if (!answer.ok || !body.access_token) {
      throw new Refused(`The server does not accept the client ${id} (${answer.status})`, body);
    }
    return body.access_token;
  }

  private async fetch(path: string, request: RequestInit): Promise<Response> {
    try {
      return await fetch(`${this.origin}${path}`, request);
    } catch (error) {
      const cause = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).message;
      throw new Refused(`No answer from ${this.origin} (${cause}): is the system running? (npm start)`);
    }
  }
}

async function bodyOf(answer: Response): Promise<unknown> {
  const text = await answer.text();
  if (!(answer.headers.get('content-type') ?? '').includes('json')) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function refusalOf(answer: Response, body: unknown): Refused {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Problem;
  const words = problem.en ?? problem.detail ?? problem.title ?? answer.statusText;
  return new Refused(`${problem.code ?? answer.status}: ${words}`, body);
}
