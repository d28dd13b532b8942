/** A source of numbers that is the same for the same seed. */
export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number;
  pick<T>(items: readonly T[]): T;
  /** Mean 0, deviation 1. */
  normal(): number;
}

/** mulberry32: 32 bits of state, passes the usual tests, and fast enough not to be what is measured. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    pick: (items) => {
      if (items.length === 0) throw new RangeError('nothing to pick from');
      return items[below(items.length)]!;
    },
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}

/** A seed for one part of a run, so that adding a part does not change the numbers of another. */
export function seedOf(seed: number, ...parts: (string | number)[]): number {
  // FNV-1a over the words.
  let hash = 2_166_136_261 ^ seed;
  for (const char of parts.join('\u0000')) hash = Math.imul(hash ^ char.codePointAt(0)!, 16_777_619);
  return hash >>> 0;
}

/**
 * Ranks 0 … n−1 where rank k is drawn in proportion to 1 / (k + 1)^s: a few units receive most tips.
 * @param s 1.1 for units and categories (bench/README.md)
 */
export function zipf(n: number, random: Random, s = 1.1): () => number {
  const upTo = new Float64Array(n);
  let sum = 0;
  for (let rank = 0; rank < n; rank += 1) {
    sum += 1 / (rank + 1) ** s;
    upTo[rank] = sum;
  }
  return () => {
    const point = random.next() * sum;
    let low = 0;
    let high = n - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (upTo[middle]! > point) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}

const SYLLABLES =
  'trình báo ngày tháng tại nhà bị mất xe máy biển số tiền đồng người lạ vào trộm cắp tài sản đánh gây thương tích lừa đảo chiếm đoạt qua mạng điện thoại đề nghị công an xác minh xử lý theo quy định pháp luật'.split(
    ' ',
  );

/** A text of about that many bytes in Vietnamese syllables: compresses like text, not like zeroes. */
export function textOf(bytes: number, random: Random): string {
  const parts: string[] = [];
  let length = 0;
  while (length < bytes) {
    const word = random.pick(SYLLABLES);
    parts.push(word);
    length += Buffer.byteLength(word) + 1;
  }
  return parts.join(' ');
}

/** Sizes in bytes, log-normal: half below `median`, one in six above `median × e^sigma`, cut at 20 kB. */
export function logNormalSizes(random: Random, median = 1024, sigma = 0.9): () => number {
  return () => Math.min(20_000, Math.max(16, Math.round(median * Math.exp(sigma * random.normal()))));
}
