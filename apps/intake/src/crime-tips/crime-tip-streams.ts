import { Inject, Injectable } from '@nestjs/common';
import { STREAMS } from '@app/contracts';
import { evolveCrimeTip, NO_CRIME_TIP } from '@app/domain';
import type { CrimeTip, CrimeTipEvent } from '@app/domain';
import type { NewEvent, StreamDefinition } from '@app/event-store';
import { Forbidden, NotFound, requireVersion } from '@app/http';
import { PublishedLaw } from '@app/law-book';
import { lawBefore } from '@app/legal-time-limits';
import type { LawVersion } from '@app/legal-time-limits';
import type { UnitSnapshot } from '@app/security';
import type { ServiceContext } from '@app/service';
import { INTAKE_CONTEXT, INTAKE_LAW } from '../context.js';
import { UnitRegister } from '../units/unit-register.js';
import { TipDetails } from './read-models/tip-details.js';
import type { TipActRequest, TipAnswer } from './tip-act.js';

/** How a tip's stream folds into what decisions ask about. */
export const CRIME_TIP: StreamDefinition<CrimeTip> = {
  initial: NO_CRIME_TIP,
  evolve: (tip, { type, data }) => evolveCrimeTip(tip, { type, data } as unknown as CrimeTipEvent),
};

/** Load a tip, decide, append, answer: the one path of every act on a tip. */
@Injectable()
export class CrimeTipStreams {
  constructor(
    @Inject(INTAKE_CONTEXT) private readonly context: ServiceContext,
    private readonly units: UnitRegister,
    private readonly details: TipDetails,
    @Inject(INTAKE_LAW) private readonly law: PublishedLaw,
  ) {}

  /**
   * @param happenedAt legal time of the act (RFC 3339)
   * @param decide state, the server's clock and the law by which the act is judged → events; throws a RuleViolation to refuse
   * @throws NotFound when the tip is not there or not for this caller, Forbidden when another unit must act
   */
  async change(
    request: TipActRequest,
    happenedAt: string,
    decide: (tip: CrimeTip, now: string, units: UnitSnapshot, law: LawVersion) => CrimeTipEvent[],
  ): Promise<TipAnswer> {
    const { store, clock, pool } = this.context;
    const { id: tipId, caller, correlationId, idempotency, expectedVersion } = request;
    const units = await this.units.current();
    const law = lawBefore(await this.law.history(pool), happenedAt);
    await store.change(
      `${STREAMS.crimeTip}${tipId}`,
      CRIME_TIP,
      (tip, version) => {
        assertMayAct(tip, request, units);
        requireVersion(expectedVersion, version);
        return decide(tip, clock.now().toISOString(), units, law) as unknown as NewEvent[];
      },
      {
        actor: { id: caller.id, role: caller.role, unit: caller.unit },
        happenedAt,
        correlationId,
        ...(idempotency ? { idempotency } : {}),
      },
    );
    return this.details.afterAct(tipId, caller);
  }
}

/** The unit that must act is the caller's; who has nothing to do with the tip is not told that it exists. */
function assertMayAct(tip: CrimeTip, { id: tipId, caller, actingUnit }: TipActRequest, units: UnitSnapshot): void {
  if (tip.status === 'unknown') throw new NotFound('CrimeTip', tipId);
  const unit = actingUnit?.(tip) ?? tip.unitCode;
  if (units.isWithin(unit, caller.units)) return;
  const concerned = [tip.unitCode, tip.supervisedBy, tip.transfer?.toUnit];
  if (!concerned.some((code) => code !== undefined && units.isWithin(code, caller.units))) {
    throw new NotFound('CrimeTip', tipId);
  }
  throw new Forbidden(
    'AnotherUnitMustAct',
    {
      vi: `Việc này thuộc ${unit}, không thuộc đơn vị của anh/chị.`,
      en: `This act belongs to ${unit}, not to your unit.`,
    },
    { unit, rightHolders: [unit] },
  );
}
