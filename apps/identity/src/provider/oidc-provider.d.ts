/** The part of oidc-provider 9 that identity uses; the package ships no types. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export interface Grant {
    addOIDCScope(scope: string): void;
    save(): Promise<string>;
  }

  export interface Interaction {
    uid: string;
    prompt: { name: string };
    params: Record<string, unknown>;
    session?: { accountId?: string };
    grantId?: string;
  }

  export interface OidcContext {
    type: string;
    body: unknown;
    oidc: {
      params: Record<string, unknown>;
      client: { clientId: string };
      session: { accountId?: string; grantIdFor(clientId: string): string | undefined };
      result?: { consent?: { grantId?: string } };
      provider: Provider;
      requestParamOIDCScopes: Set<string>;
    };
    get(header: string): string;
  }

  export interface Token {
    kind: string;
    accountId?: string;
    clientId?: string;
    /** The grant of a person's sign-in; it is destroyed when they sign out. */
    grantId?: string;
  }

  export interface AdapterRecord {
    [key: string]: unknown;
  }

  export class Provider {
    static readonly ctx: OidcContext | undefined;
    constructor(issuer: string, configuration: Record<string, unknown>);
    readonly issuer: string;
    proxy: boolean;
    readonly Grant: {
      new (fields: { accountId: string; clientId: string }): Grant;
      find(id: string): Promise<Grant | undefined>;
    };
    readonly Client: {
      prototype: { clientId: string; compareClientSecret(actual: string): Promise<boolean> | boolean };
    };
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>;
    interactionResult(
      request: IncomingMessage,
      response: ServerResponse,
      result: Record<string, unknown>,
      options?: { mergeWithLastSubmission?: boolean },
    ): Promise<string>;
    on(event: string, listener: (...values: unknown[]) => void): this;
  }
}
