import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import { ActBody, ActOf } from '@app/http';
import { Permit } from '@app/security';
import { Decision } from '@app/contracts';
import { declineToInitiate } from '@app/domain';
import { Type } from 'class-transformer';
import { IsBoolean, IsOptional, IsString, Length, ValidateNested } from 'class-validator';
import { CrimeTipStreams } from '../crime-tip-streams.js';
import type { TipActRequest, TipAnswer } from '../tip-act.js';

/** The body decides not to initiate a case (BLTTHS 157, 158). */
export class DeclineToInitiateBody extends ActBody {
  @IsOptional() @IsString() @Length(1, 2000) reason?: string;
  @IsBoolean() administrativeReferral!: boolean;
  @ValidateNested() @Type(() => Decision) decision!: Decision;
}

export class DeclineToInitiate {
  constructor(
    readonly request: TipActRequest,
    readonly body: DeclineToInitiateBody,
  ) {}
}

@Controller('api/tips')
export class DeclineToInitiateEndpoint {
  constructor(private readonly commands: CommandBus) {}

  @Post(':id/decline-to-initiate')
  @HttpCode(200)
  @Permit({ verb: 'tip.decline', roles: ['investigator'], scope: 'unit' })
  handle(@ActOf() request: TipActRequest, @Body() body: DeclineToInitiateBody): Promise<TipAnswer> {
    return this.commands.execute(new DeclineToInitiate(request, body));
  }
}

@CommandHandler(DeclineToInitiate)
export class DeclineToInitiateHandler implements ICommandHandler<DeclineToInitiate> {
  constructor(private readonly tips: CrimeTipStreams) {}

  execute({ request, body }: DeclineToInitiate): Promise<TipAnswer> {
    return this.tips.change(request, body.happenedAt, (tip, now) => declineToInitiate(tip, { ...body, now }));
  }
}
