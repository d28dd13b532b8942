import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import { ActBody, ActOf } from '@app/http';
import { Permit } from '@app/security';
import { CATEGORIES, Offence } from '@app/contracts';
import type { Category } from '@app/contracts';
import { classifyCrimeTip } from '@app/domain';
import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsOptional, ValidateNested } from 'class-validator';
import { CrimeTipStreams } from '../crime-tip-streams.js';
import type { TipActRequest, TipAnswer } from '../tip-act.js';

/** The receiving body classifies the tip (TTLT 01/2017 Art 8(1)). */
export class ClassifyCrimeTipBody extends ActBody {
  @IsBoolean() competent!: boolean;
  @IsBoolean() urgent!: boolean;
  @IsIn(CATEGORIES) category!: Category;
  @IsOptional() @ValidateNested() @Type(() => Offence) offence?: Offence;
  @IsOptional() @IsBoolean() signsOfCrime?: boolean;
}

export class ClassifyCrimeTip {
  constructor(
    readonly request: TipActRequest,
    readonly body: ClassifyCrimeTipBody,
  ) {}
}

@Controller('api/tips')
export class ClassifyCrimeTipEndpoint {
  constructor(private readonly commands: CommandBus) {}

  @Post(':id/classify')
  @HttpCode(200)
  @Permit({ verb: 'tip.classify', roles: ['intake_officer', 'investigator'], scope: 'unit' })
  handle(@ActOf() request: TipActRequest, @Body() body: ClassifyCrimeTipBody): Promise<TipAnswer> {
    return this.commands.execute(new ClassifyCrimeTip(request, body));
  }
}

@CommandHandler(ClassifyCrimeTip)
export class ClassifyCrimeTipHandler implements ICommandHandler<ClassifyCrimeTip> {
  constructor(private readonly tips: CrimeTipStreams) {}

  execute({ request, body }: ClassifyCrimeTip): Promise<TipAnswer> {
    return this.tips.change(request, body.happenedAt, (tip, now) => classifyCrimeTip(tip, { ...body, now }));
  }
}
