import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import { ActBody, ActOf } from '@app/http';
import { Permit } from '@app/security';
import { Decision, SUSPENSION_GROUNDS } from '@app/contracts';
import type { SuspensionGround } from '@app/contracts';
import { suspendVerification } from '@app/domain';
import { Type } from 'class-transformer';
import { IsIn, ValidateNested } from 'class-validator';
import { CrimeTipStreams } from '../crime-tip-streams.js';
import type { TipActRequest, TipAnswer } from '../tip-act.js';

/** Verification is suspended on a ground of BLTTHS 148(1). */
export class SuspendVerificationBody extends ActBody {
  @IsIn(SUSPENSION_GROUNDS) ground!: SuspensionGround;
  @ValidateNested() @Type(() => Decision) decision!: Decision;
}

export class SuspendVerification {
  constructor(
    readonly request: TipActRequest,
    readonly body: SuspendVerificationBody,
  ) {}
}

@Controller('api/tips')
export class SuspendVerificationEndpoint {
  constructor(private readonly commands: CommandBus) {}

  @Post(':id/suspend')
  @HttpCode(200)
  @Permit({ verb: 'tip.suspend', roles: ['investigator'], scope: 'unit' })
  handle(@ActOf() request: TipActRequest, @Body() body: SuspendVerificationBody): Promise<TipAnswer> {
    return this.commands.execute(new SuspendVerification(request, body));
  }
}

@CommandHandler(SuspendVerification)
export class SuspendVerificationHandler implements ICommandHandler<SuspendVerification> {
  constructor(private readonly tips: CrimeTipStreams) {}

  execute({ request, body }: SuspendVerification): Promise<TipAnswer> {
    return this.tips.change(request, body.happenedAt, (tip, now, _units, law) =>
      suspendVerification(tip, { ...body, now, law }),
    );
  }
}
