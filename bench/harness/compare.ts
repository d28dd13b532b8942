import { compareWith, type Point } from './points.js';
import { wordsOf } from './results.js';
import type { Span } from './statistics.js';

/** A ratio of one run beside the same of another. */
export interface Change {
  id: string;
  point: string;
  against: string;
  before: Span;
  after: Span;
  /** How much worse the median became, as a share of before: 0.2 = a fifth worse; negative = better. */
  drop: number;
  /** Worse by more than a tenth, and the ranges of the rounds do not even touch. */
  isFailure: boolean;
}

const ALLOWED_DROP = 0.1;

/** Compares the ratios of two runs, point by point, against every other variant that both have. */
export function compareRuns(before: readonly Point[], after: readonly Point[]): Change[] {
  return after.flatMap((point) => {
    const twin = before.find(
      ({ id, scale, params }) => id === point.id && scale === point.scale && wordsOf(params) === wordsOf(point.params),
    );
    if (!twin) return [];
    return [...point.variants.keys()]
      .filter((name) => name !== 'ours')
      .flatMap((name): Change[] => {
        const against = name.replace(/@[^@]*$/, '');
        const old = compareWith(twin, against, point.metric, 'ratio');
        const now = compareWith(point, against, point.metric, 'ratio');
        if (old.kind !== 'span' || now.kind !== 'span') return [];
        const isHighGood = point.metric === 'rate';
        const drop = isHighGood ? 1 - now.span.median / old.span.median : now.span.median / old.span.median - 1;
        const isApart = isHighGood ? now.span.max < old.span.min : now.span.min > old.span.max;
        return [
          {
            id: point.id,
            point: wordsOf(point.params),
            against,
            before: old.span,
            after: now.span,
            drop,
            isFailure: drop > ALLOWED_DROP && isApart,
          },
        ];
      });
  });
}
