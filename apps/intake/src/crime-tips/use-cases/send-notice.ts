import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import { ActBody, ActOf } from '@app/http';
import { Permit } from '@app/security';
import { NOTICES, NOTICE_RECIPIENTS } from '@app/contracts';
import type { NoticeKind, NoticeRecipient } from '@app/contracts';
import { sendNotice } from '@app/domain';
import { IsIn } from 'class-validator';
import { CrimeTipStreams } from '../crime-tip-streams.js';
import type { TipActRequest, TipAnswer } from '../tip-act.js';

/** A notice that the law requires has been sent (TTLT 01/2017 Art 14). */
export class SendNoticeBody extends ActBody {
  @IsIn(NOTICES) notice!: NoticeKind;
  @IsIn(NOTICE_RECIPIENTS) recipient!: NoticeRecipient;
}

export class SendNotice {
  constructor(
    readonly request: TipActRequest,
    readonly body: SendNoticeBody,
  ) {}
}

@Controller('api/tips')
export class SendNoticeEndpoint {
  constructor(private readonly commands: CommandBus) {}

  @Post(':id/send-notice')
  @HttpCode(200)
  @Permit({ verb: 'tip.send-notice', roles: ['intake_officer', 'investigator'], scope: 'unit' })
  handle(@ActOf() request: TipActRequest, @Body() body: SendNoticeBody): Promise<TipAnswer> {
    return this.commands.execute(new SendNotice(request, body));
  }
}

@CommandHandler(SendNotice)
export class SendNoticeHandler implements ICommandHandler<SendNotice> {
  constructor(private readonly tips: CrimeTipStreams) {}

  execute({ request, body }: SendNotice): Promise<TipAnswer> {
    return this.tips.change(request, body.happenedAt, (tip, now) => sendNotice(tip, { ...body, now }));
  }
}
