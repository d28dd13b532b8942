import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import { ActBody, ActOf } from '@app/http';
import { Permit } from '@app/security';
import { Decision } from '@app/contracts';
import { prolongVerification } from '@app/domain';
import { Type } from 'class-transformer';
import { ValidateNested } from 'class-validator';
import { CrimeTipStreams } from '../crime-tip-streams.js';
import type { TipActRequest, TipAnswer } from '../tip-act.js';

/** The head prolongs verification to two months in total (BLTTHS 147(2)). */
export class ProlongVerificationBody extends ActBody {
  @ValidateNested() @Type(() => Decision) decision!: Decision;
}

export class ProlongVerification {
  constructor(
    readonly request: TipActRequest,
    readonly body: ProlongVerificationBody,
  ) {}
}

@Controller('api/tips')
export class ProlongVerificationEndpoint {
  constructor(private readonly commands: CommandBus) {}

  @Post(':id/prolong')
  @HttpCode(200)
  @Permit({ verb: 'tip.prolong', roles: ['investigator'], scope: 'unit' })
  handle(@ActOf() request: TipActRequest, @Body() body: ProlongVerificationBody): Promise<TipAnswer> {
    return this.commands.execute(new ProlongVerification(request, body));
  }
}

@CommandHandler(ProlongVerification)
export class ProlongVerificationHandler implements ICommandHandler<ProlongVerification> {
  constructor(private readonly tips: CrimeTipStreams) {}

  execute({ request, body }: ProlongVerification): Promise<TipAnswer> {
    return this.tips.change(request, body.happenedAt, (tip, now, _units, law) =>
      prolongVerification(tip, { ...body, now, law }),
    );
  }
}
