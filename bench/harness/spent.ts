/** What the time of a run goes to. */
export type Part = 'set-up' | 'warm-up' | 'rounds' | 'again' | 'checks';

const PARTS: readonly Part[] = ['set-up', 'warm-up', 'rounds', 'again', 'checks'];

/** Seconds by workload and part, for the table at the end of a run. */
export class Spent {
  private readonly seconds = new Map<string, Map<Part, number>>();

  /** Does the work and counts its time, also when it fails. */
  async on<T>(workload: string, part: Part, work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      return await work();
    } finally {
      this.add(workload, part, (performance.now() - began) / 1000);
    }
  }

  add(workload: string, part: Part, seconds: number): void {
    const parts = this.seconds.get(workload) ?? new Map<Part, number>();
    parts.set(part, (parts.get(part) ?? 0) + seconds);
    this.seconds.set(workload, parts);
  }

  /** Seconds of everything together. */
  get total(): number {
    let sum = 0;
    for (const parts of this.seconds.values()) for (const seconds of parts.values()) sum += seconds;
    return sum;
  }

  /** `{B1: {'set-up': 3.2, …}}`, for the file beside the results. */
  toJSON(): Record<string, Partial<Record<Part, number>>> {
    const rounded = (seconds: number): number => Math.round(seconds * 10) / 10;
    return Object.fromEntries(
      [...this.seconds].map(([workload, parts]) => [
        workload,
        Object.fromEntries([...parts].map(([part, seconds]) => [part, rounded(seconds)])),
      ]),
    );
  }

  /** Lines of a table: a workload each, then all. */
  table(): string[] {
    const cells = (name: string, parts: ReadonlyMap<Part, number>): string => {
      const sum = [...parts.values()].reduce((a, b) => a + b, 0);
      const all = [...PARTS.map((part) => parts.get(part) ?? 0), sum];
      return name.padEnd(10) + all.map((seconds) => seconds.toFixed(1).padStart(9)).join('');
    };
    const sums = new Map<Part, number>();
    for (const parts of this.seconds.values()) {
      for (const [part, seconds] of parts) sums.set(part, (sums.get(part) ?? 0) + seconds);
    }
    return [
      'seconds'.padEnd(10) + [...PARTS, 'all'].map((name) => name.padStart(9)).join(''),
      ...[...this.seconds].map(([workload, parts]) => cells(workload, parts)),
      cells('all', sums),
    ];
  }
}
