import fc from 'fast-check';
import { CaseStory, ELSEWHERE, OTHER_WARD, PROVINCE, TipStory, WARD } from './harness.js';

const START = Date.parse('2026-01-01T00:00:00+07:00');
export const HOUR = 3_600_000;
export const momentAt = (hours: number): string => new Date(START + hours * HOUR).toISOString();

/** Acts that the domain allows next, by where the tip stands; each journey is a walk through them. */
type Step =
  'classify' | 'transfer' | 'accept' | 'assign' | 'prolong' | 'suspend' | 'resume' | 'initiate' | 'decline' | 'merge';
const STEPS: Record<string, readonly Step[]> = {
  received: ['classify', 'classify', 'merge'],
  classified: ['transfer', 'accept', 'accept', 'accept'],
  accepted: ['assign', 'prolong', 'suspend', 'initiate', 'decline', 'transfer', 'assign', 'merge'],
  suspended: ['resume'],
  over: [],
};
/** What an import may bring though the domain refuses it: it must not break a sum. */
const UNUSUAL: Record<string, readonly Step[]> = {
  ...STEPS,
  suspended: ['resume', 'resume', 'initiate', 'decline', 'merge', 'transfer', 'assign', 'prolong'],
  over: ['resume', 'merge', 'transfer', 'suspend'],
};
export const UNITS = [WARD, OTHER_WARD, PROVINCE, ELSEWHERE];

export interface Journey {
  receivedAtHours: number;
  unit: number;
  walk: { choice: number; afterHours: number; lateHours: number }[];
}

export const journeys = fc.array(
  fc.record<Journey>({
    receivedAtHours: fc.integer({ min: 0, max: 3_000 }),
    unit: fc.nat(UNITS.length - 1),
    walk: fc.array(
      fc.record({
        choice: fc.nat(1_000),
        afterHours: fc.integer({ min: 1, max: 700 }),
        // One act in five is entered late, up to forty days.
        lateHours: fc.oneof(
          { weight: 4, arbitrary: fc.constant(0) },
          { weight: 1, arbitrary: fc.integer({ min: 1, max: 1_000 }) },
        ),
      }),
      { maxLength: 9 },
    ),
  }),
  { minLength: 5, maxLength: 25 },
);

/** What an independent reader of the events knows of a tip: a plain list of what happened, in order. */
export function tell({ receivedAtHours, unit, walk }: Journey, isUnusual = false): TipStory {
  const tip = new TipStory();
  let hours = receivedAtHours;
  let recorded = receivedAtHours;
  let where = 'received';
  let place = unit;
  const record = (lateHours: number): void => {
    // What is entered later is recorded later, also when it happened earlier.
    recorded = Math.max(recorded, hours + lateHours);
    tip.recordedOn(momentAt(recorded));
  };
  record(0);
  tip.received(momentAt(hours), UNITS[place]!);
  for (const { choice, afterHours, lateHours } of walk) {
    const steps = (isUnusual ? UNUSUAL : STEPS)[where]!;
    if (steps.length === 0) break;
    hours += afterHours;
    record(lateHours);
    const step = steps[choice % steps.length]!;
    const at = momentAt(hours);
    if (step === 'classify') tip.classified(at);
    if (step === 'transfer') {
      place = (place + 1 + (choice % (UNITS.length - 1))) % UNITS.length;
      tip.transferred(at, UNITS[place]!).acknowledged(at, UNITS[place]!);
    }
    if (step === 'accept') tip.accepted(at);
    if (step === 'assign') tip.assigned(at);
    if (step === 'prolong') tip.prolonged(at);
    if (step === 'suspend') tip.suspended(at);
    if (step === 'resume') tip.resumed(at);
    if (step === 'initiate') tip.initiated(at);
    if (step === 'decline') tip.declined(at);
    if (step === 'merge') tip.merged(at);
    if (where === 'over') continue;
    if (step === 'classify' || step === 'transfer') where = 'classified';
    if (step === 'accept' || step === 'resume') where = 'accepted';
    if (step === 'suspend') where = 'suspended';
    if (['initiate', 'decline', 'merge'].includes(step)) where = 'over';
  }
  return tip;
}

/** Hours between the acts of a case, and how it is first decided. */
export const caseWalks = fc.array(
  fc.tuple(
    fc.array(fc.integer({ min: 1, max: 1_500 }), { minLength: 2, maxLength: 7 }),
    fc.constantFrom('prosecute', 'return', 'suspend', 'transfer'),
  ),
  { minLength: 3, maxLength: 15 },
);

/** A case that is opened, concluded, received and decided; a returned one goes round again. */
export function tellCase([steps, decision]: [number[], string]): CaseStory {
  const story = new CaseStory();
  let hours = 0;
  const acts = [
    (at: string) => story.opened(at),
    (at: string) => story.concluded(at),
    (at: string) => story.fileReceived(at),
    (at: string) => story.decided(at, decision),
    (at: string) => (decision === 'return' ? story.concluded(at) : story),
    (at: string) => (decision === 'return' ? story.fileReceived(at) : story),
    (at: string) => (decision === 'return' ? story.decided(at) : story),
  ];
  for (const [index, step] of steps.entries()) acts[index]!(momentAt((hours += step)));
  return story;
}
