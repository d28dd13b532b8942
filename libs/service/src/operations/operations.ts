import type { ServiceOperations } from './service-operations.js';

/** The services of this process as operators reach them. Filled by the host once their consumers run. */
export class Operations {
  private readonly services = new Map<string, ServiceOperations>();
  private turn: Promise<unknown> = Promise.resolve();

  add(name: string, operations: ServiceOperations): void {
    this.services.set(name, operations);
  }

  of(name: string): ServiceOperations | undefined {
    return this.services.get(name);
  }

  /** One rebuild or verification of this process at a time: two would only slow each other. */
  readonly inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = this.turn.then(work, work);
    this.turn = result.catch(() => undefined);
    return result;
  };

  async stop(): Promise<void> {
    await Promise.all([...this.services.values()].map((service) => service.stop()));
  }
}
