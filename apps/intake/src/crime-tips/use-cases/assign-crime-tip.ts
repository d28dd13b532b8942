import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import { ActBody, ActOf } from '@app/http';
import { Permit } from '@app/security';
import { Decision } from '@app/contracts';
import { assignCrimeTip } from '@app/domain';
import { Type } from 'class-transformer';
import { IsString, Length, ValidateNested } from 'class-validator';
import { CrimeTipStreams } from '../crime-tip-streams.js';
import type { TipActRequest, TipAnswer } from '../tip-act.js';

/** The head assigns an investigator (TTLT 01/2017 Art 9(1)). */
export class AssignCrimeTipBody extends ActBody {
  @IsString() @Length(1, 200) investigator!: string;
  @ValidateNested() @Type(() => Decision) decision!: Decision;
}

export class AssignCrimeTip {
  constructor(
    readonly request: TipActRequest,
    readonly body: AssignCrimeTipBody,
  ) {}
}

@Controller('api/tips')
export class AssignCrimeTipEndpoint {
  constructor(private readonly commands: CommandBus) {}

  @Post(':id/assign')
  @HttpCode(200)
  @Permit({ verb: 'tip.assign', roles: ['investigator'], scope: 'unit' })
  handle(@ActOf() request: TipActRequest, @Body() body: AssignCrimeTipBody): Promise<TipAnswer> {
    return this.commands.execute(new AssignCrimeTip(request, body));
  }
}

@CommandHandler(AssignCrimeTip)
export class AssignCrimeTipHandler implements ICommandHandler<AssignCrimeTip> {
  constructor(private readonly tips: CrimeTipStreams) {}

  execute({ request, body }: AssignCrimeTip): Promise<TipAnswer> {
    return this.tips.change(request, body.happenedAt, (tip, now) => assignCrimeTip(tip, { ...body, now }));
  }
}
