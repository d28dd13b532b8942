import type { TipOutcome } from '@app/contracts';
import { DAY_MS, at } from '../../../apps/standalone/src/demonstration/local-time.js';
import { Random } from '../../../apps/standalone/src/demonstration/random.js';
import { RegisterNumbers } from '../../../apps/standalone/src/demonstration/register-numbers.js';
import { tellTip } from '../../../apps/standalone/src/demonstration/tip-story.js';
import type { TipCells, TipPlan } from '../../../apps/standalone/src/demonstration/tip-story.js';
import { NATIONAL_UNITS, unit } from './units.js';
import type { UnitCells } from './units.js';

/** The published margins of Thăng Bình district, 2019–2023. */
export const THANG_BINH = {
  unitCode: 'PC-49-513',
  from: '2019-01-01',
  to: '2023-12-31',
  tips: 611,
  denunciations: 288,
  reports: 321,
  recommendations: 2,
  transferred: 6,
  toResolve: 605,
  initiated: 342,
  /** Percent, two decimals, rounded half up. */
  initiatedRate: 56.53,
} as const;

export function thangBinhUnits(): UnitCells[] {
  return [
    ...NATIONAL_UNITS,
    unit('PC-49', 'PC', 'police', 'province', 'Công an tỉnh Quảng Nam', 'Quảng Nam provincial police'),
    unit('PC-49-513', 'PC-49', 'police', 'region', 'Công an huyện Thăng Bình', 'Thăng Bình district police'),
    unit('VKS-49', 'VKS', 'procuracy', 'province', 'Viện kiểm sát nhân dân tỉnh Quảng Nam', 'Quảng Nam procuracy'),
  ];
}

/** The register in order of reception. Of those not initiated and not transferred: declined, administrative, suspended. */
export function thangBinhTips(seed = 611): TipCells[] {
  const random = new Random(seed);
  const { tips, denunciations, recommendations, transferred, initiated } = THANG_BINH;
  const kinds = random.shuffled(
    Array.from({ length: tips }, (_, index): TipPlan['kind'] =>
      index < denunciations ? 'denunciation' : index < tips - recommendations ? 'report' : 'recommendation',
    ),
  );
  const ends = random.shuffled(
    Array.from({ length: tips }, (_, index): TipOutcome | 'transferred' | 'suspended' => {
      if (index < transferred) return 'transferred';
      if (index < transferred + initiated) return 'initiated';
      if (index < transferred + initiated + 38) return 'administrative';
      if (index < transferred + initiated + 38 + 12) return 'suspended';
      return 'not_initiated';
    }),
  );
  const first = at(THANG_BINH.from, 8);
  // The last ones are received early enough to be decided before the period ends, prolonged or not.
  const spanMs = at('2023-10-20') - first;
  const received = Array.from({ length: tips }, () => first + Math.floor(random.next() * spanMs)).sort(
    (left, right) => left - right,
  );
  const numbers = new RegisterNumbers();
  return received.map((receivedAtMs, index) => {
    const end = ends[index] as TipOutcome | 'transferred' | 'suspended';
    const cells = tellTip(random, {
      receivedAtMs,
      unitCode: THANG_BINH.unitCode,
      kind: kinds[index] as TipPlan['kind'],
      investigators: ['dtv-01', 'dtv-02', 'dtv-03', 'dtv-04', 'dtv-05'],
      ...(end === 'transferred' ? { transferTo: 'PC-49', isAccepted: false } : {}),
      ...(end === 'suspended' ? { suspension: { afterDays: random.between(21, 50), ground: 'b' as const } } : {}),
      ...(end !== 'transferred' && end !== 'suspended'
        ? { decision: { afterDays: daysToDecision(random), outcome: end } }
        : {}),
    });
    const year = (cells.received_at ?? '').slice(0, 4);
    cells.register_number = String(numbers.next(THANG_BINH.unitCode, year));
    if (cells.decided_at) cells.decision_number = `${index + 1}/QĐ-${year}`;
    return cells;
  });
}

/** Most tips are decided within twenty days, a quarter within the prolonged two months. */
function daysToDecision(random: Random): number {
  return random.chance(0.75) ? random.between(4, 20) : random.between(21, 55);
}

/** Length of the period in days, for tests that spread over it. */
export const THANG_BINH_DAYS = Math.round((at(THANG_BINH.to) - at(THANG_BINH.from)) / DAY_MS);
