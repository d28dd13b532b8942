export interface LocalKafka {
  /** Addresses for clients, `host:port`. */
  brokers: string[];
  port: number;
  /** Of the Java process. */
  pid: number;
  stop(): Promise<void>;
  /** As a crash would end it; start it again with the same `dir` and `port`. */
  kill9(): Promise<void>;
  /** Stops the process where it stands (SIGSTOP). */
  pause(): void;
  resume(): void;
}

/** Why no broker can run here: no Java, no Maven; null when both are found. */
export function localKafkaMissing(): Promise<string | null>;

/** Start one broker on data in `dir` and wait until it answers; port 0 or absent: a free one. */
export function startLocalKafka(options: {
  dir: string;
  port?: number;
  logger?: { info(message: string): void };
}): Promise<LocalKafka>;
