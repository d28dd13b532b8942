import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import { ActBody, ActOf } from '@app/http';
import { Permit } from '@app/security';
import { transferCrimeTip } from '@app/domain';
import { IsOptional, IsString, Length } from 'class-validator';
import { requireUnit } from '../../units/unit-register.js';
import { CrimeTipStreams } from '../crime-tip-streams.js';
import type { TipActRequest, TipAnswer } from '../tip-act.js';

/** The body sends the tip to the competent one (BLTTHS 146(2), TTLT 01/2017 Art 8). */
export class TransferCrimeTipBody extends ActBody {
  @IsString() @Length(1, 50) toUnit!: string;
  @IsOptional() @IsString() @Length(1, 2000) reason?: string;
}

export class TransferCrimeTip {
  constructor(
    readonly request: TipActRequest,
    readonly body: TransferCrimeTipBody,
  ) {}
}

@Controller('api/tips')
export class TransferCrimeTipEndpoint {
  constructor(private readonly commands: CommandBus) {}

  @Post(':id/transfer')
  @HttpCode(200)
  @Permit({ verb: 'tip.transfer', roles: ['intake_officer', 'investigator'], scope: 'unit' })
  handle(@ActOf() request: TipActRequest, @Body() body: TransferCrimeTipBody): Promise<TipAnswer> {
    return this.commands.execute(new TransferCrimeTip(request, body));
  }
}

@CommandHandler(TransferCrimeTip)
export class TransferCrimeTipHandler implements ICommandHandler<TransferCrimeTip> {
  constructor(private readonly tips: CrimeTipStreams) {}

  execute({ request, body }: TransferCrimeTip): Promise<TipAnswer> {
    return this.tips.change(request, body.happenedAt, (tip, now, units) => {
      requireUnit(units, body.toUnit, 'toUnit');
      return transferCrimeTip(tip, { ...body, now });
    });
  }
}
