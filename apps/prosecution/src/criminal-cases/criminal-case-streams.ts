import { Inject, Injectable } from '@nestjs/common';
import { STREAMS } from '@app/contracts';
import { evolveCriminalCase, NO_CRIMINAL_CASE } from '@app/domain';
import type { CriminalCase, CriminalCaseEvent } from '@app/domain';
import type { NewEvent, StreamDefinition } from '@app/event-store';
import { Forbidden, NotFound, requireVersion } from '@app/http';
import type { ActRequest } from '@app/http';
import { PublishedLaw } from '@app/law-book';
import { lawBefore } from '@app/legal-time-limits';
import type { LawVersion } from '@app/legal-time-limits';
import { UnitTree } from '@app/security';
import type { UnitSnapshot } from '@app/security';
import type { ServiceContext } from '@app/service';
import { PROSECUTION_CONTEXT, PROSECUTION_LAW, PROSECUTION_UNIT_TREE } from '../context.js';
import { CriminalCases } from './read-models/find-cases.js';
import type { CaseAnswer } from './read-models/find-cases.js';

export type { CaseAnswer };

/** How a case's stream folds into what decisions ask about. */
export const CRIMINAL_CASE: StreamDefinition<CriminalCase> = {
  initial: NO_CRIMINAL_CASE,
  evolve: (state, { type, data }) => evolveCriminalCase(state, { type, data } as unknown as CriminalCaseEvent),
};

/** Who must act on a case: the body that investigates it, or the procuracy that supervises it. */
export type CaseSide = 'investigating' | 'supervising';

/** Load a case, decide, append, answer: the one path of every act on a case. */
@Injectable()
export class CriminalCaseStreams {
  constructor(
    @Inject(PROSECUTION_CONTEXT) private readonly context: ServiceContext,
    @Inject(PROSECUTION_UNIT_TREE) private readonly tree: UnitTree,
    private readonly cases: CriminalCases,
    @Inject(PROSECUTION_LAW) private readonly law: PublishedLaw,
  ) {}

  /**
   * @param side whose act it is
   * @param happenedAt legal time of the act (RFC 3339)
   * @param decide state, the server's clock and the law by which the act is judged → events
   * @throws NotFound when the case is not there or not for this caller, Forbidden when the other side must act
   */
  async change(
    request: ActRequest,
    side: CaseSide,
    happenedAt: string,
    decide: (state: CriminalCase, now: string, law: LawVersion) => CriminalCaseEvent[],
  ): Promise<CaseAnswer> {
    const { id, caller, correlationId, idempotency, expectedVersion } = request;
    const units = await this.tree.current();
    const law = lawBefore(await this.law.history(this.context.pool), happenedAt);
    await this.context.store.change(
      `${STREAMS.criminalCase}${id}`,
      CRIMINAL_CASE,
      (state, version) => {
        assertMayAct(state, side, request, units);
        requireVersion(expectedVersion, version);
        return decide(state, this.context.clock.now().toISOString(), law) as unknown as NewEvent[];
      },
      {
        actor: { id: caller.id, role: caller.role, unit: caller.unit },
        happenedAt,
        correlationId,
        ...(idempotency ? { idempotency } : {}),
      },
    );
    return this.cases.afterAct(id, caller);
  }
}

/** The side that must act is the caller's; who has nothing to do with the case is not told that it exists. */
function assertMayAct(state: CriminalCase, side: CaseSide, { id, caller }: ActRequest, units: UnitSnapshot): void {
  if (state.status === 'unknown') throw new NotFound('CriminalCase', id);
  const unit = side === 'investigating' ? state.unitCode : state.supervisedBy;
  if (units.isWithin(unit, caller.units)) return;
  if (![state.unitCode, state.supervisedBy].some((code) => units.isWithin(code, caller.units))) {
    throw new NotFound('CriminalCase', id);
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
