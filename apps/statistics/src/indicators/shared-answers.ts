/** An answer, and the version of the facts that it was read from. */
export interface Computed<T> {
  version: string;
  /** The moment that the answer is of, milliseconds. */
  asOfMs: number;
  answer: T;
}

export interface SharedAnswersOptions {
  /** The version of everything that is committed now. */
  readVersion: () => Promise<string>;
  /** The clock by which as-of moments are taken, milliseconds. */
  nowMs: () => number;
  /** An answer is given again for so long after its as-of moment: terms end without any change of the facts. */
  lastsMs?: number;
  /** How many answers are kept, the ones asked for last. */
  most?: number;
}

const DEFAULT_LASTS_MS = 1_000;
const DEFAULT_MOST = 500;

/**
 * Answers that several callers share: whoever asks the same within a moment, while nothing has changed. Each caller gets
 * an answer that holds everything committed before they asked: one of the newest version, or one whose computation began
 * afterwards. What is asked again while it is computed is computed once more for all who came meanwhile, never once each.
 * Answers are shared objects: nobody changes them.
 */
export class SharedAnswers {
  private readonly kept = new Map<string, Computed<unknown>>();
  private readonly running = new Map<string, Promise<Computed<unknown>>>();
  private readonly lastsMs: number;
  private readonly most: number;
  private reading: Promise<string> | undefined;
  private following: Promise<string> | undefined;

  constructor(private readonly options: SharedAnswersOptions) {
    this.lastsMs = options.lastsMs ?? DEFAULT_LASTS_MS;
    this.most = options.most ?? DEFAULT_MOST;
  }

  /**
   * @param key everything that the answer depends on beside the facts: the question and the scope it is asked in
   * @param compute reads the answer and the version in one snapshot
   */
  async get<T>(key: string, compute: () => Promise<Computed<T>>): Promise<T> {
    const version = await this.version();
    const isNewest = (found: Computed<unknown> | undefined): found is Computed<T> => {
      if (found?.version !== version) return false;
      const ageMs = this.options.nowMs() - found.asOfMs;
      return ageMs >= 0 && ageMs < this.lastsMs;
    };
    const kept = this.kept.get(key);
    if (isNewest(kept)) return kept.answer;
    const earlier = this.running.get(key);
    if (earlier) {
      // Began before we asked: good only when nothing was committed between. Its failure is its asker's.
      const found = await earlier.catch(() => undefined);
      if (isNewest(found)) return found.answer;
    }
    const later = this.running.get(key);
    const computing = later && later !== earlier ? later : this.begin(key, compute);
    return ((await computing) as Computed<T>).answer;
  }

  private begin<T>(key: string, compute: () => Promise<Computed<T>>): Promise<Computed<T>> {
    const computing = compute().then(
      (computed) => {
        if (this.running.get(key) === computing) this.running.delete(key);
        this.keep(key, computed);
        return computed;
      },
      (error: unknown) => {
        if (this.running.get(key) === computing) this.running.delete(key);
        throw error;
      },
    );
    this.running.set(key, computing);
    return computing;
  }

  private keep(key: string, computed: Computed<unknown>): void {
    // Deleted first: a map lists its keys in the order in which they came.
    this.kept.delete(key);
    this.kept.set(key, computed);
    if (this.kept.size > this.most) this.kept.delete(this.kept.keys().next().value!);
  }

  /** The version of what is committed, by a reading that begins after the call: all who ask meanwhile share the next one. */
  private version(): Promise<string> {
    if (this.reading === undefined) {
      this.reading = this.options.readVersion().finally(() => (this.reading = undefined));
      this.reading.catch(() => {
        // A database that went down may come back with less than it had.
        this.kept.clear();
      });
      return this.reading;
    }
    this.following ??= this.reading
      .catch(() => undefined)
      .then(() => {
        this.following = undefined;
        return this.version();
      });
    return this.following;
  }
}
