import { Body, Controller, Inject, Post, Res } from '@nestjs/common';
import { CommandBus, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import { CATEGORIES, Offence, STREAMS, TIP_CHANNELS, TIP_KINDS } from '@app/contracts';
import type { Category, TipChannel, TipKind } from '@app/contracts';
import { receiveCrimeTip } from '@app/domain';
import { uuidv7 } from '@app/event-store';
import type { NewEvent } from '@app/event-store';
import { ActOf, etag, Forbidden, MOMENT } from '@app/http';
import type { ActRequest } from '@app/http';
import { legalDateOf } from '@app/legal-time-limits';
import { Permit } from '@app/security';
import type { ServiceContext } from '@app/service';
import { Type } from 'class-transformer';
import { IsIn, IsISO8601, IsOptional, IsString, Length, Matches, MaxLength, ValidateNested } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { INTAKE_CONTEXT } from '../../context.js';
import { InformantVault } from '../../informants/informant-vault.js';
import { requireUnit, UnitRegister } from '../../units/unit-register.js';
import { CRIME_TIP } from '../crime-tip-streams.js';
import { TipDetails } from '../read-models/tip-details.js';
import { registerSeries } from '../register-series.js';
import { answerText } from '../tip-act.js';
import type { TipAnswer } from '../tip-act.js';

/** Who told: kept in the vault alone (TT 28/2020 Art 5(3) and procuracy form 01/HS list the facts). */
export class InformantBody {
  @IsOptional() @IsString() @Length(1, 200) name?: string;
  @IsOptional() @IsString() @MaxLength(500) address?: string;
  @IsOptional() @IsString() @MaxLength(50) phone?: string;
  @IsOptional() @IsString() @MaxLength(50) idNumber?: string;
  @IsOptional() @IsString() @MaxLength(50) idIssuedOn?: string;
  @IsOptional() @IsString() @MaxLength(200) idIssuedAt?: string;
  @IsOptional() @IsString() @MaxLength(200) organisation?: string;
  @IsOptional() @IsString() @MaxLength(200) email?: string;
  @IsOptional() @IsString() @MaxLength(50) bornOn?: string;
  @IsOptional() @IsString() @MaxLength(50) sex?: string;
  @IsOptional() @IsString() @MaxLength(100) nationality?: string;
  @IsOptional() @IsString() @MaxLength(200) occupation?: string;
  @IsOptional() @IsString() @MaxLength(1000) howKnown?: string;
}

export class IdentityRefusedBody {
  @IsString() @Length(1, 1000) reason!: string;
}

/** A tip as the desk takes it in: four fields are needed, all else may follow. */
export class ReceiveCrimeTipBody {
  @IsIn(TIP_KINDS) kind!: TipKind;
  @IsIn(TIP_CHANNELS) channel!: TipChannel;
  @IsISO8601({ strict: true })
  @Matches(MOMENT, { message: 'receivedAt must be an RFC 3339 moment with offset' })
  receivedAt!: string;
  @IsString() @Length(1, 20_000) content!: string;
  @IsString() @Length(1, 50) unitCode!: string;
  @IsOptional() @Matches(/^\d{5}$/) communeCode?: string;
  @IsOptional() @IsIn(CATEGORIES) category?: Category;
  @IsOptional() @ValidateNested() @Type(() => Offence) offence?: Offence;
  @IsOptional() @ValidateNested() @Type(() => InformantBody) informant?: InformantBody;
  @IsOptional() @ValidateNested() @Type(() => IdentityRefusedBody) informantRefusedIdentity?: IdentityRefusedBody;
}

export class ReceiveCrimeTip {
  constructor(
    readonly body: ReceiveCrimeTipBody,
    readonly request: Pick<ActRequest, 'caller' | 'correlationId' | 'idempotency'>,
  ) {}
}

@Controller('api/tips')
export class ReceiveCrimeTipEndpoint {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @Permit({ verb: 'tip.receive', roles: ['intake_officer', 'investigator'], scope: 'unit' })
  async receive(
    @Body() body: ReceiveCrimeTipBody,
    @ActOf() request: ActRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer> {
    const tip = await this.commands.execute<ReceiveCrimeTip, TipAnswer>(new ReceiveCrimeTip(body, request));
    void reply.header('location', `/api/tips/${tip.id}`).header('etag', etag(tip.version));
    void reply.type('application/json; charset=utf-8');
    return answerText(tip);
  }
}

@CommandHandler(ReceiveCrimeTip)
export class ReceiveCrimeTipHandler implements ICommandHandler<ReceiveCrimeTip> {
  constructor(
    @Inject(INTAKE_CONTEXT) private readonly context: ServiceContext,
    private readonly units: UnitRegister,
    private readonly vault: InformantVault,
    private readonly details: TipDetails,
  ) {}

  /**
   * Text and informant are sealed and in the vault before the event is appended: a crash between the two leaves an
   * unused key, never a tip whose text is lost.
   */
  async execute({ body, request }: ReceiveCrimeTip): Promise<TipAnswer> {
    const { caller, correlationId, idempotency } = request;
    const units = await this.units.current();
    const unit = requireUnit(units, body.unitCode, 'unitCode');
    if (!units.isWithin(unit.code, caller.units)) {
      throw new Forbidden(
        'AnotherUnitMustAct',
        { vi: `Anh/chị không tiếp nhận thay cho ${unit.code} được.`, en: `You cannot receive for ${unit.code}.` },
        { unit: unit.code, rightHolders: [unit.code] },
      );
    }
    const { store, clock } = this.context;
    const now = clock.now();
    const tipId = uuidv7(now);
    const confidential = {
      ...(body.informant ? { informant: { ...body.informant } } : {}),
      ...(body.informantRefusedIdentity ? { refusedReason: body.informantRefusedIdentity.reason } : {}),
    };
    const sealed = await this.vault.keep(tipId, body.content, confidential, caller);
    const result = await store.change(
      `${STREAMS.crimeTip}${tipId}`,
      CRIME_TIP,
      (tip) =>
        receiveCrimeTip(tip, {
          tipId,
          // Replaced by the number that the append itself allocates.
          registerNumber: { number: 0, year: 0 },
          unitCode: unit.code,
          unitLevel: unit.level,
          unitRemote: unit.remote,
          supervisedBy: units.supervisorOf(unit.code),
          kind: body.kind,
          channel: body.channel,
          receivedAt: body.receivedAt,
          content: sealed,
          ...(body.communeCode === undefined ? {} : { communeCode: body.communeCode }),
          ...(body.category === undefined ? {} : { category: body.category }),
          ...(body.offence === undefined ? {} : { offence: body.offence }),
          informantGiven: body.informant !== undefined,
          informantRefusedIdentity: body.informantRefusedIdentity !== undefined,
          noticesTracked: true,
          receivedBy: caller.id,
          now: now.toISOString(),
        }) as unknown as NewEvent[],
      {
        actor: { id: caller.id, role: caller.role, unit: unit.code },
        happenedAt: body.receivedAt,
        correlationId,
        startsStream: true,
        allocate: {
          series: registerSeries(unit.code),
          year: Number(legalDateOf(body.receivedAt).slice(0, 4)),
          field: 'registerNumber',
        },
        ...(idempotency ? { idempotency } : {}),
      },
    );
    const received = result.state.status === 'unknown' ? tipId : result.state.tipId;
    if (received === tipId) return this.details.afterReceipt(result.events, body.content, caller);
    // A repeated request names the tip that the first one made.
    await this.vault.forget(tipId);
    return this.details.afterAct(received, caller);
  }
}
