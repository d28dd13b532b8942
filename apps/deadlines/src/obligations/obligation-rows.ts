import { idFromName } from '@app/contracts';
import { breachMoment, legalDateOf, type Obligation } from '@app/legal-time-limits';
import type { Matter } from '../matters/matter-facts.js';

/** A row of `deadlines.obligations`. */
export interface ObligationRow {
  id: string;
  matter_id: string;
  matter_kind: string;
  matter_number: string | null;
  unit_code: string | null;
  supervised_by: string | null;
  received_by: string | null;
  key: string;
  rule: string;
  owed_by: string;
  trigger_type: string;
  runs_from: string;
  nominal: string | null;
  safe_by: string;
  due: string;
  latest_arguable: string;
  request_by: string | null;
  state: 'open' | 'done' | 'cancelled';
  done_at: string | null;
  cancelled_at: string | null;
  generation: number;
  superseded: readonly unknown[];
  due_on: string;
  late_from: string;
  breach_at: string | null;
}

/** The same duty of the same matter always has the same identity, whatever happens to its dates. */
export function obligationId(matterId: string, key: string): string {
  return idFromName(`${matterId}/${key}`);
}

/** A duty of a matter as a row. */
export function obligationRow(matter: Matter, obligation: Obligation): ObligationRow {
  const lateFrom = breachMoment(obligation);
  const state = obligation.doneAt !== null ? 'done' : obligation.cancelledAt !== null ? 'cancelled' : 'open';
  return {
    id: obligationId(matter.id, obligation.id),
    matter_id: matter.id,
    matter_kind: matter.kind,
    matter_number: matter.number,
    unit_code: matter.unitCode,
    supervised_by: matter.supervisedBy,
    received_by: matter.receivedBy,
    key: obligation.id,
    rule: obligation.rule,
    owed_by: obligation.owedBy,
    trigger_type: obligation.trigger,
    runs_from: obligation.from,
    nominal: obligation.nominal,
    safe_by: obligation.safeBy,
    due: obligation.due,
    latest_arguable: obligation.latestArguable,
    request_by: obligation.requestBy,
    state,
    done_at: obligation.doneAt,
    cancelled_at: obligation.cancelledAt,
    generation: obligation.superseded.length + 1,
    superseded: obligation.superseded,
    due_on: dayOf(obligation.due),
    late_from: lateFrom,
    // Ended after its last moment it is breached whatever the time is now; ended before, it never will be.
    breach_at: state === 'open' || obligation.status === 'breached' ? lateFrom : null,
  };
}

/** Legal day of a day or a moment. */
function dayOf(when: string): string {
  return when.length === 10 ? when : legalDateOf(when);
}
