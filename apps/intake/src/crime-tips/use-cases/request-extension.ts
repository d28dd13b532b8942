import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import { ActBody, ActOf } from '@app/http';
import { Permit } from '@app/security';
import { extensionRequestId } from '@app/contracts';
import { requestExtension } from '@app/domain';
import { IsOptional, IsString, Length } from 'class-validator';
import { CrimeTipStreams } from '../crime-tip-streams.js';
import type { TipActRequest, TipAnswer } from '../tip-act.js';

/** The body asks the procuracy for the one extension (BLTTHS 147(2)). */
export class RequestExtensionBody extends ActBody {
  @IsOptional() @IsString() @Length(1, 2000) reason?: string;
}

export class RequestExtension {
  constructor(
    readonly request: TipActRequest,
    readonly body: RequestExtensionBody,
  ) {}
}

@Controller('api/tips')
export class RequestExtensionEndpoint {
  constructor(private readonly commands: CommandBus) {}

  @Post(':id/request-extension')
  @HttpCode(200)
  @Permit({ verb: 'tip.request-extension', roles: ['investigator'], scope: 'unit' })
  handle(@ActOf() request: TipActRequest, @Body() body: RequestExtensionBody): Promise<TipAnswer> {
    return this.commands.execute(new RequestExtension(request, body));
  }
}

@CommandHandler(RequestExtension)
export class RequestExtensionHandler implements ICommandHandler<RequestExtension> {
  constructor(private readonly tips: CrimeTipStreams) {}

  execute({ request, body }: RequestExtension): Promise<TipAnswer> {
    return this.tips.change(request, body.happenedAt, (tip, now, _units, law) => {
      const count = tip.status === 'unknown' ? 0 : tip.extensionRequests;
      return requestExtension(tip, { ...body, now, law, requestId: extensionRequestId(request.id, count + 1) });
    });
  }
}
