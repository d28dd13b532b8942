import { CATEGORIES, TIP_CHANNELS, TIP_KINDS } from '@app/contracts';
import { logNormalSizes, randomFrom, textOf, zipf } from '../../harness/random.js';

/** Desks of the province that receive: most tips come to a few of them. */
export const UNITS = Array.from({ length: 100 }, (_, i) => `PC-80-${String(25_400 + i)}`);
export const PROVINCE = 'PC-80';
export const ISSUER = 'http://bench.invalid/oidc';
export const AUDIENCE = 'urn:tinbao:api';

const FAMILY = ['Nguyễn', 'Trần', 'Lê', 'Phạm', 'Huỳnh', 'Phan', 'Vũ', 'Võ', 'Đặng', 'Bùi'];
const GIVEN = ['An', 'Bình', 'Chi', 'Dũng', 'Hà', 'Hùng', 'Lan', 'Mai', 'Nam', 'Phúc', 'Quang', 'Thảo', 'Tú', 'Vân'];

/** One request to `POST /api/tips` without its Idempotency-Key. */
export interface TipRequest {
  /** Index of the desk in `UNITS`, whose officer asks. */
  unit: number;
  body: Buffer;
}

/** Tips as desks type them: units and categories by Zipf(1.1), texts log-normal, seven in ten with an informant. */
export function tipRequests(seed: number, count: number, receivedAt: string): TipRequest[] {
  const random = randomFrom(seed);
  const unitOf = zipf(UNITS.length, random);
  const categoryOf = zipf(CATEGORIES.length, random);
  const sizeOf = logNormalSizes(random);
  return Array.from({ length: count }, () => {
    const unit = unitOf();
    const body = {
      kind: random.pick(TIP_KINDS),
      channel: random.pick(TIP_CHANNELS),
      receivedAt,
      content: textOf(sizeOf(), random),
      unitCode: UNITS[unit]!,
      communeCode: String(25_400 + unit),
      category: CATEGORIES[categoryOf()]!,
      offence: { article: 173, clause: 1 + random.below(3) },
      ...(random.next() < 0.7
        ? {
            informant: {
              name: `${random.pick(FAMILY)} Thị ${random.pick(GIVEN)}`,
              phone: `09${String(random.below(100_000_000)).padStart(8, '0')}`,
              address: textOf(60, random),
            },
          }
        : {}),
    };
    return { unit, body: Buffer.from(JSON.stringify(body)) };
  });
}
