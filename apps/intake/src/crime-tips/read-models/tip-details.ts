import { Inject, Injectable } from '@nestjs/common';
import { STREAMS } from '@app/contracts';
import type { CrimeTipReceived } from '@app/contracts';
import { refusalOfTipAct, TIP_ACTS } from '@app/domain';
import type { CrimeTip, TipAct } from '@app/domain';
import type { StoredEvent } from '@app/event-store';
import { NotFound } from '@app/http';
import type { Caller } from '@app/http';
import { PublishedLaw } from '@app/law-book';
import type { LawVersion } from '@app/legal-time-limits';
import { inScope } from '@app/security';
import type { UnitSnapshot } from '@app/security';
import type { ServiceContext } from '@app/service';
import { INTAKE_CONTEXT, INTAKE_LAW } from '../../context.js';
import { InformantVault } from '../../informants/informant-vault.js';
import { UnitRegister } from '../../units/unit-register.js';
import type { TipAnswer } from '../tip-act.js';
import { listItem } from './list-item.js';
import { tipRowOf } from './tip-list.js';
import type { TipRow } from './tip-list.js';

/** Roles that may read a tip's text; leadership and operators see matters without text or parties. */
const TEXT_ROLES: ReadonlySet<string> = new Set(['intake_officer', 'investigator', 'prosecutor']);

/** Acts by role, as declared beside the use cases (a test compares the two). */
export const ACT_ROLES: Record<TipAct, readonly string[]> = {
  classify: ['intake_officer', 'investigator'],
  transfer: ['intake_officer', 'investigator'],
  'acknowledge-transfer': ['intake_officer', 'investigator'],
  accept: ['investigator'],
  assign: ['investigator'],
  prolong: ['investigator'],
  'request-extension': ['investigator'],
  suspend: ['investigator'],
  resume: ['investigator'],
  initiate: ['investigator'],
  'decline-to-initiate': ['investigator'],
  'send-notice': ['intake_officer', 'investigator'],
};

/** One matter as its page shows it. */
@Injectable()
export class TipDetails {
  constructor(
    @Inject(INTAKE_CONTEXT) private readonly context: ServiceContext,
    private readonly units: UnitRegister,
    private readonly vault: InformantVault,
    @Inject(INTAKE_LAW) private readonly law: PublishedLaw,
  ) {}

  /** The tip's row within the caller's scope. @throws NotFound */
  async rowOf(tipId: string, caller: Caller): Promise<TipRow> {
    const row = await inScope(this.context.pool, caller, async (tx) => {
      const { rows } = await tx.query<{ row: TipRow }>({
        name: 'intake-tip-row',
        text: `SELECT row_to_json(t) AS row FROM ${this.context.schema}.tip_list t WHERE tip_id = $1`,
        values: [tipId],
      });
      return rows[0]?.row;
    });
    // The list may be a moment behind its log; a tip just received is known there already.
    return row ?? this.rowOfStream(tipId, caller);
  }

  /** `GET /api/tips/{id}`. @throws NotFound */
  async of(tipId: string, caller: Caller): Promise<TipAnswer> {
    return this.answer(await this.rowOf(tipId, caller), caller);
  }

  /** The answer to an act: straight from the stream, so that it holds what the caller has just done. @throws NotFound */
  async afterAct(tipId: string, caller: Caller): Promise<TipAnswer> {
    return this.answer(await this.rowOfStream(tipId, caller), caller);
  }

  /**
   * The answer to receiving: from the event that was just written and the text that the caller brought, without
   * reading either back.
   */
  async afterReceipt(events: readonly StoredEvent[], content: string, caller: Caller): Promise<TipAnswer> {
    const law = await this.law.newest(this.context.pool);
    const row = tipRowOf(events, law);
    if (!row) throw new RangeError('a tip begins with its receipt');
    return this.answerWith(row, content, caller, await this.units.current(), law);
  }

  private async rowOfStream(tipId: string, caller: Caller): Promise<TipRow> {
    const [stream, units, law] = await Promise.all([
      this.context.store.load(`${STREAMS.crimeTip}${tipId}`),
      this.units.current(),
      this.law.newest(this.context.pool),
    ]);
    const row = tipRowOf(stream, law);
    const concerned = row ? [row.unit_code, row.received_by, row.supervised_by, row.transferred_to] : [];
    if (!row || !concerned.some((code) => code !== null && units.isWithin(code, caller.units))) {
      throw new NotFound('CrimeTip', tipId);
    }
    return row;
  }

  private async answer(row: TipRow, caller: Caller): Promise<TipAnswer> {
    const units = await this.units.current();
    const content = caller.roles.some((role) => TEXT_ROLES.has(role)) ? await this.contentOf(row.tip_id, caller) : null;
    return this.answerWith(row, content, caller, units, await this.law.newest(this.context.pool));
  }

  private answerWith(
    row: TipRow,
    content: string | null,
    caller: Caller,
    units: UnitSnapshot,
    law: LawVersion,
  ): TipAnswer {
    return { ...listItem(row, units), ...detailOf(row), content, acts: this.actsOf(row, caller, units, law) };
  }

  private async contentOf(tipId: string, caller: Caller): Promise<string | null> {
    const [received] = await this.context.store.load(`${STREAMS.crimeTip}${tipId}`, { toVersion: 1 });
    if (!received) return null;
    return this.vault.read(tipId, (received.data as unknown as CrimeTipReceived).content, caller);
  }

  private actsOf(row: TipRow, caller: Caller, units: UnitSnapshot, law: LawVersion): readonly ActAnswer[] {
    const now = this.context.clock.now().toISOString();
    let isUsual = true;
    let key = '';
    const answers = ACTS.map((act): ActAnswer => {
      const unit = act === 'acknowledge-transfer' ? (row.transferred_to ?? row.unit_code) : row.unit_code;
      const isPermitted =
        ACT_ROLES[act].some((role) => caller.roles.includes(role)) && units.isWithin(unit, caller.units);
      const refusal = refusalOfTipAct(act, row.state as CrimeTip, now, law);
      if (refusal && Object.keys(refusal.facts).length > 0) isUsual = false;
      key += `${isPermitted ? 1 : 0}${refusal?.code ?? ''},`;
      return {
        act,
        allowed: isPermitted && refusal === null,
        permitted: isPermitted,
        refusal: refusal && { code: refusal.code, vi: refusal.vi, en: refusal.en, cites: refusal.cites },
      };
    });
    if (!isUsual) return answers;
    // Refusals without facts say the same of every tip: one list for all that are as far.
    const known = usualActs.get(key);
    if (known) return known;
    if (usualActs.size < MOST_USUAL) usualActs.set(key, answers);
    return answers;
  }
}

interface ActAnswer {
  act: TipAct;
  allowed: boolean;
  permitted: boolean;
  refusal: { code: string; vi: string; en: string; cites: readonly string[] } | null;
}

const ACTS = Object.keys(TIP_ACTS) as TipAct[];
/** Lists of acts by who may and what refuses; there are few, a bound all the same. */
const MOST_USUAL = 500;
const usualActs = new Map<string, readonly ActAnswer[]>();

function detailOf(row: TipRow): Record<string, unknown> {
  const state = row.state;
  const extension = state.status === 'unknown' ? null : state.extension;
  return {
    informant: { given: row.informant_given, refusedIdentity: row.informant_refused },
    classifiedAt: row.classified_at,
    competent: row.competent,
    signsOfCrime: row.signs_of_crime,
    assignedAt: row.assigned_at,
    transferredAt: row.transferred_at,
    prolongedAt: row.prolonged_at,
    prolongedTo: row.prolonged_to,
    extension: extension && {
      requestId: extension.requestId,
      requestedAt: extension.requestedAt,
      state: extension.state,
      to: extension.to,
    },
    suspendedAt: row.suspended_at,
    suspensionGround: row.suspension_ground,
    resumedAt: row.resumed_at,
    outcome: row.outcome,
    caseId: row.case_id,
    missing: missingOf(row),
  };
}

/** What the register should still learn of the tip (shown as "còn thiếu"). */
function missingOf(row: TipRow): string[] {
  const fields: [string, boolean][] = [
    ['communeCode', row.commune_code === null],
    ['category', row.category === null],
    ['offence', row.article === null],
    ['informant', !row.informant_given && !row.informant_refused],
  ];
  return fields.filter(([, isMissing]) => isMissing).map(([name]) => name);
}
