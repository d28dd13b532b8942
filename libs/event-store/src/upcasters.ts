import type { EventData } from './types.js';

/** Raises the data of one released version of an event to the next version. Pure; never edited once released. */
export type Upcast = (data: EventData) => EventData;

/**
 * What turns stored events of old versions into today's: one step per event type and version, chained on read.
 * Stored events are never rewritten.
 */
export class Upcasters {
  private readonly steps = new Map<string, Map<number, Upcast>>();

  /**
   * Register the step from version `from` of `type` to `from + 1`.
   * @throws RangeError when that step exists
   */
  register(type: string, from: number, upcast: Upcast): this {
    const steps = this.steps.get(type) ?? new Map<number, Upcast>();
    if (steps.has(from)) throw new RangeError(`${type} already has a step from version ${from}`);
    steps.set(from, upcast);
    this.steps.set(type, steps);
    return this;
  }

  /** The version that new events of this type are stored with: one more than the highest step, 1 without steps. */
  newestVersion(type: string): number {
    const steps = this.steps.get(type);
    return steps ? Math.max(...steps.keys()) + 1 : 1;
  }

  /**
   * Data and version as of today. An event stored by newer software (a version above the newest known) is returned as
   * it is: whoever reads it refuses or parks it.
   * @throws Error with code `UpcastMissing` when a step in between is missing
   */
  raise(type: string, version: number, data: EventData): { eventVersion: number; data: EventData } {
    const steps = this.steps.get(type);
    if (!steps) return { eventVersion: version, data };
    const newest = this.newestVersion(type);
    let raised = data;
    for (let from = version; from < newest; from += 1) {
      const step = steps.get(from);
      if (!step) throw Object.assign(new Error(`${type} has no step from version ${from}`), { code: 'UpcastMissing' });
      raised = step(raised);
    }
    return { eventVersion: Math.max(version, newest), data: raised };
  }
}
