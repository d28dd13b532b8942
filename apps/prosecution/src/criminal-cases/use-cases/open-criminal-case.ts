import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { CommandBus, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import { CATEGORIES, CRIME_CLASSES, Offence, STREAMS } from '@app/contracts';
import type { Category, CrimeClass } from '@app/contracts';
import { classOfOffence, openCriminalCase, ruleViolation } from '@app/domain';
import { uuidv7 } from '@app/event-store';
import type { NewEvent } from '@app/event-store';
import { ActOf, Forbidden, MOMENT } from '@app/http';
import type { ActRequest } from '@app/http';
import { Permit, UnitTree } from '@app/security';
import type { ServiceContext } from '@app/service';
import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsISO8601,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { PROSECUTION_CONTEXT, PROSECUTION_UNIT_TREE } from '../../context.js';
import { CRIMINAL_CASE } from '../criminal-case-streams.js';
import { CriminalCases } from '../read-models/find-cases.js';
import type { CaseAnswer } from '../read-models/find-cases.js';

/** A case initiated directly, without a tip in this register (BLTTHS 153, 154). */
export class OpenCriminalCaseBody {
  @IsString() @Length(1, 50) unitCode!: string;
  @IsISO8601({ strict: true })
  @Matches(MOMENT, { message: 'initiatedAt must be an RFC 3339 moment with offset' })
  initiatedAt!: string;
  @IsIn(CATEGORIES) category!: Category;
  @ValidateNested() @Type(() => Offence) offence!: Offence;
  @IsOptional() @IsIn(CRIME_CLASSES) class?: CrimeClass;
  // As in the register's files; a number that no column holds would park the case's stream in every read model.
  @IsInt() @Min(0) @Max(100_000) accusedCount!: number;
  @IsOptional() @IsBoolean() juvenile?: boolean;
  @IsOptional() @IsBoolean() shortened?: boolean;
}

export class OpenCriminalCase {
  constructor(
    readonly request: ActRequest,
    readonly body: OpenCriminalCaseBody,
  ) {}
}

@Controller('api/cases')
export class OpenCriminalCaseEndpoint {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @HttpCode(201)
  @Permit({ verb: 'case.open', roles: ['investigator'], scope: 'unit' })
  handle(@ActOf() request: ActRequest, @Body() body: OpenCriminalCaseBody): Promise<CaseAnswer> {
    return this.commands.execute(new OpenCriminalCase(request, body));
  }
}

@CommandHandler(OpenCriminalCase)
export class OpenCriminalCaseHandler implements ICommandHandler<OpenCriminalCase> {
  constructor(
    @Inject(PROSECUTION_CONTEXT) private readonly context: ServiceContext,
    @Inject(PROSECUTION_UNIT_TREE) private readonly tree: UnitTree,
    private readonly cases: CriminalCases,
  ) {}

  async execute({ request, body }: OpenCriminalCase): Promise<CaseAnswer> {
    const { caller, correlationId, idempotency } = request;
    const units = await this.tree.current();
    if (!units.isWithin(body.unitCode, caller.units)) {
      throw new Forbidden(
        'AnotherUnitMustAct',
        {
          vi: `Anh/chị không mở vụ án thay cho ${body.unitCode} được.`,
          en: `You cannot open a case for ${body.unitCode}.`,
        },
        { unit: body.unitCode, rightHolders: [body.unitCode] },
      );
    }
    const { offence } = body;
    const crimeClass = classOfOffence(offence.article, offence.clause) ?? body.class;
    if (!crimeClass) {
      throw ruleViolation('OffenceClassUnknown', { article: offence.article, clause: offence.clause ?? null });
    }
    const now = this.context.clock.now();
    const caseId = uuidv7(now);
    const result = await this.context.store.change(
      `${STREAMS.criminalCase}${caseId}`,
      CRIMINAL_CASE,
      (state) =>
        openCriminalCase(state, {
          caseId,
          tipId: null,
          unitCode: body.unitCode,
          supervisedBy: units.supervisorOf(body.unitCode),
          initiatedAt: body.initiatedAt,
          category: body.category,
          offence,
          class: crimeClass,
          accusedCount: body.accusedCount,
          juvenile: body.juvenile ?? false,
          shortened: body.shortened ?? false,
          now: now.toISOString(),
        }) as unknown as NewEvent[],
      {
        actor: { id: caller.id, role: caller.role, unit: body.unitCode },
        happenedAt: body.initiatedAt,
        correlationId,
        startsStream: true,
        ...(idempotency ? { idempotency } : {}),
      },
    );
    return this.cases.afterAct(result.state.status === 'unknown' ? caseId : result.state.caseId, caller);
  }
}
