/**
 * A map that keeps what was used last: in two halves, of which the older is let go as a whole when the younger is full.
 * Taking the oldest entry out of a `Map` one by one would step over the places of all taken out before it.
 */
export class RecentMap<K, V> {
  private young = new Map<K, V>();
  private old = new Map<K, V>();

  /** @param limit entries at most, 2 or more; of those used last at least half as many are kept */
  constructor(private readonly limit: number) {}

  /** A value, which counts as used. */
  get(key: K): V | undefined {
    const value = this.young.get(key);
    if (value !== undefined || this.old.size === 0) return value;
    const older = this.old.get(key);
    if (older !== undefined) {
      this.old.delete(key);
      this.set(key, older);
    }
    return older;
  }

  set(key: K, value: V): void {
    if (this.young.size >= this.limit / 2 && !this.young.has(key)) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, value);
    if (this.old.size > 0) this.old.delete(key);
  }

  delete(key: K): void {
    this.young.delete(key);
    this.old.delete(key);
  }

  get size(): number {
    return this.young.size + this.old.size;
  }
}
