import type { Clock, EventStore, Migration } from '@app/event-store';
import type { Consumer, MessageLog } from '@app/messaging';
import type { WatchedIssuer } from '@app/security';
import type { DynamicModule, Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Pool } from 'pg';

/** What every service is told at start, the same in one process and in many. */
export interface ServiceSettings {
  /** Origin that browsers and machines use, for example `http://127.0.0.1:8080`. */
  publicUrl: string;
  /** Folder of this installation: keys, imports in progress. */
  dataDir: string;
  /** Evaluation mode: demonstration accounts exist and every screen says so. */
  evaluation: boolean;
  /** Accepted token issuers; the embedded one also says which tokens have ended before their time. */
  issuers: WatchedIssuer[];
  /** Wraps every tip's key and the issuer's signing keys; 32 bytes. */
  masterKey: Buffer;
}

/** A service's own ground: its schema, connections, log and clock. Injected under SERVICE_CONTEXT of its module. */
export interface ServiceContext {
  name: string;
  schema: string;
  pool: Pool;
  store: EventStore;
  clock: Clock;
  messageLog: MessageLog;
  settings: ServiceSettings;
  /**
   * Wait until this service's own consumers have handled everything appended in this process so far,
   * at most `timeoutMs`; answers whether they have, false while they have not started. Cheap when nothing is pending. Lets an answer include what the caller just did.
   */
  settled(timeoutMs?: number): Promise<boolean>;
}

/** A service as the host sees it: what to migrate, which module to load, what consumes events. */
export interface ServiceDefinition {
  name: string;
  schema: string;
  /** Whether the service writes events of its own. */
  hasLog: boolean;
  migrations(): Migration[];
  /** Further schemas that belong to this service, for example the vault. */
  ownSchemas?(): { schema: string; migrations: Migration[] }[];
  /** What must hold before the service starts; throwing stops the start. */
  prepare?(context: ServiceContext): Promise<void>;
  module(context: ServiceContext): DynamicModule;
  /** What has to hang on the HTTP application itself, before it listens. */
  mount?(app: NestFastifyApplication, context: ServiceContext): Promise<void>;
  /** Consumers to start once the module is up; `get` resolves the module's providers. */
  consumers(context: ServiceContext, get: <T>(token: Type<T> | string | symbol) => T): Consumer[];
}
