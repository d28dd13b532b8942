/** An answer, and the versions of the facts that it was read from. */
export interface Computed<T, V> {
  versions: V;
  /** The moment that the answer is of, milliseconds. */
  asOfMs: number;
  answer: T;
}

export interface SharedAnswersOptions<V> {
  /** The versions of everything that is committed now. */
  readVersions: () => Promise<V>;
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
export class SharedAnswers<V> {
  private readonly kept = new Map<string, Computed<unknown, V>>();
  private readonly running = new Map<string, Promise<Computed<unknown, V>>>();
  private readonly lastsMs: number;
  private readonly most: number;
  private reading: Promise<V> | undefined;
  private following: Promise<V> | undefined;

  constructor(private readonly options: SharedAnswersOptions<V>) {
    this.lastsMs = options.lastsMs ?? DEFAULT_LASTS_MS;
    this.most = options.most ?? DEFAULT_MOST;
  }

  /**
   * @param key everything that the answer depends on beside the facts: the question and the scope it is asked in
   * @param versionOf the version of what the answer depends on
   * @param compute reads the answer and the versions in one snapshot
   */
  async get<T>(key: string, versionOf: (versions: V) => string, compute: () => Promise<Computed<T, V>>): Promise<T> {
    const version = versionOf(await this.versions());
    const isNewest = (found: Computed<unknown, V> | undefined): found is Computed<T, V> => {
      if (!found || versionOf(found.versions) !== version) return false;
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
    return ((await computing) as Computed<T, V>).answer;
  }

  private begin<T>(key: string, compute: () => Promise<Computed<T, V>>): Promise<Computed<T, V>> {
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

  private keep(key: string, computed: Computed<unknown, V>): void {
    // Deleted first: a map lists its keys in the order in which they came.
    this.kept.delete(key);
    this.kept.set(key, computed);
    if (this.kept.size > this.most) this.kept.delete(this.kept.keys().next().value!);
  }

  /** The versions of what is committed, by a reading that begins after the call: all who ask meanwhile share the next one. */
  private versions(): Promise<V> {
    if (this.reading === undefined) {
      this.reading = this.options.readVersions().finally(() => (this.reading = undefined));
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
        return this.versions();
      });
    return this.following;
  }
}
