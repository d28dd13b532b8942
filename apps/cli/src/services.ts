/** Services as paths name them; each answers for itself, also when they run apart. */
export const SERVICES = ['intake', 'prosecution', 'deadlines', 'statistics', 'identity'] as const;

/** `statistics.tip-facts` → `statistics`. */
export function serviceOf(consumer: string): string {
  return consumer.split('.')[0] ?? '';
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
