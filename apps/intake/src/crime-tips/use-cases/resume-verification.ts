import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import { ActBody, ActOf } from '@app/http';
import { Permit } from '@app/security';
import { Decision } from '@app/contracts';
import { resumeVerification } from '@app/domain';
import { Type } from 'class-transformer';
import { IsOptional, IsString, Length, ValidateNested } from 'class-validator';
import { CrimeTipStreams } from '../crime-tip-streams.js';
import type { TipActRequest, TipAnswer } from '../tip-act.js';

/** Verification is resumed with a new term of one month (BLTTHS 149(1)). */
export class ResumeVerificationBody extends ActBody {
  @IsOptional() @IsString() @Length(1, 2000) reason?: string;
  @ValidateNested() @Type(() => Decision) decision!: Decision;
}

export class ResumeVerification {
  constructor(
    readonly request: TipActRequest,
    readonly body: ResumeVerificationBody,
  ) {}
}

@Controller('api/tips')
export class ResumeVerificationEndpoint {
  constructor(private readonly commands: CommandBus) {}

  @Post(':id/resume')
  @HttpCode(200)
  @Permit({ verb: 'tip.resume', roles: ['investigator'], scope: 'unit' })
  handle(@ActOf() request: TipActRequest, @Body() body: ResumeVerificationBody): Promise<TipAnswer> {
    return this.commands.execute(new ResumeVerification(request, body));
  }
}

@CommandHandler(ResumeVerification)
export class ResumeVerificationHandler implements ICommandHandler<ResumeVerification> {
  constructor(private readonly tips: CrimeTipStreams) {}

  execute({ request, body }: ResumeVerification): Promise<TipAnswer> {
    return this.tips.change(request, body.happenedAt, (tip, now) => resumeVerification(tip, { ...body, now }));
  }
}
