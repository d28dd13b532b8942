import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import { ActBody, ActOf } from '@app/http';
import { Permit } from '@app/security';
import { CATEGORIES, CRIME_CLASSES, Decision, Offence, caseIdOfTip } from '@app/contracts';
import type { Category, CrimeClass } from '@app/contracts';
import { initiateCriminalCase } from '@app/domain';
import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsOptional, ValidateNested } from 'class-validator';
import { CrimeTipStreams } from '../crime-tip-streams.js';
import type { TipActRequest, TipAnswer } from '../tip-act.js';

/** The body decides to initiate a criminal case (BLTTHS 153, 154). */
export class InitiateCriminalCaseBody extends ActBody {
  @ValidateNested() @Type(() => Offence) offence!: Offence;
  @IsOptional() @IsIn(CRIME_CLASSES) class?: CrimeClass;
  @IsOptional() @IsIn(CATEGORIES) category?: Category;
  @IsOptional() @IsBoolean() juvenile?: boolean;
  @ValidateNested() @Type(() => Decision) decision!: Decision;
}

export class InitiateCriminalCase {
  constructor(
    readonly request: TipActRequest,
    readonly body: InitiateCriminalCaseBody,
  ) {}
}

@Controller('api/tips')
export class InitiateCriminalCaseEndpoint {
  constructor(private readonly commands: CommandBus) {}

  @Post(':id/initiate')
  @HttpCode(200)
  @Permit({ verb: 'tip.initiate', roles: ['investigator'], scope: 'unit' })
  handle(@ActOf() request: TipActRequest, @Body() body: InitiateCriminalCaseBody): Promise<TipAnswer> {
    return this.commands.execute(new InitiateCriminalCase(request, body));
  }
}

@CommandHandler(InitiateCriminalCase)
export class InitiateCriminalCaseHandler implements ICommandHandler<InitiateCriminalCase> {
  constructor(private readonly tips: CrimeTipStreams) {}

  execute({ request, body }: InitiateCriminalCase): Promise<TipAnswer> {
    return this.tips.change(request, body.happenedAt, (tip, now) =>
      initiateCriminalCase(tip, { ...body, now, caseId: caseIdOfTip(request.id) }),
    );
  }
}
