import * as hdr from 'hdr-histogram-js';
import type { Histogram } from 'hdr-histogram-js';

/** Latencies in the shape of the results, microseconds. */
export interface LatencyFigures {
  p50: number;
  p90: number;
  p99: number;
  p999: number;
  max: number;
}

const LONGEST_US = 120_000_000;

/** A histogram of microseconds, three digits exact, up to two minutes. */
export function newHistogram(): Histogram {
  return hdr.build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: LONGEST_US,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 32,
    useWebAssembly: false,
  });
}

/** Records a time in milliseconds, as `performance.now()` differences are. */
export function recordMs(histogram: Histogram, milliseconds: number): void {
  histogram.recordValue(Math.min(LONGEST_US, Math.max(1, Math.round(milliseconds * 1000))));
}

export function figuresOf(histogram: Histogram): LatencyFigures {
  return {
    p50: histogram.getValueAtPercentile(50),
    p90: histogram.getValueAtPercentile(90),
    p99: histogram.getValueAtPercentile(99),
    p999: histogram.getValueAtPercentile(99.9),
    max: histogram.maxValue,
  };
}

/** For the results, and to bring a histogram from a child process. */
export function encodeHistogram(histogram: Histogram): string {
  return hdr.encodeIntoCompressedBase64(histogram);
}

export function decodeHistogram(text: string): Histogram {
  return hdr.decodeFromCompressedBase64(text, 32, false);
}
