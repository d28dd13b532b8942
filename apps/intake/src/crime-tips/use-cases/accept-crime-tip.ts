import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import { ActBody, ActOf } from '@app/http';
import { Permit } from '@app/security';
import { acceptCrimeTip } from '@app/domain';
import { CrimeTipStreams } from '../crime-tip-streams.js';
import type { TipActRequest, TipAnswer } from '../tip-act.js';

/** The competent body takes the tip on; the term of BLTTHS 147(1) starts. */
export class AcceptCrimeTipBody extends ActBody {}

export class AcceptCrimeTip {
  constructor(
    readonly request: TipActRequest,
    readonly body: AcceptCrimeTipBody,
  ) {}
}

@Controller('api/tips')
export class AcceptCrimeTipEndpoint {
  constructor(private readonly commands: CommandBus) {}

  @Post(':id/accept')
  @HttpCode(200)
  @Permit({ verb: 'tip.accept', roles: ['investigator'], scope: 'unit' })
  handle(@ActOf() request: TipActRequest, @Body() body: AcceptCrimeTipBody): Promise<TipAnswer> {
    return this.commands.execute(new AcceptCrimeTip(request, body));
  }
}

@CommandHandler(AcceptCrimeTip)
export class AcceptCrimeTipHandler implements ICommandHandler<AcceptCrimeTip> {
  constructor(private readonly tips: CrimeTipStreams) {}

  execute({ request, body }: AcceptCrimeTip): Promise<TipAnswer> {
    return this.tips.change(request, body.happenedAt, (tip, now) => acceptCrimeTip(tip, { ...body, now }));
  }
}
