import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import { Decision } from '@app/contracts';
import { refuseExtension } from '@app/domain';
import { ActBody, ActOf } from '@app/http';
import type { ActRequest } from '@app/http';
import { Permit } from '@app/security';
import { Type } from 'class-transformer';
import { IsOptional, IsString, Length, ValidateNested } from 'class-validator';
import { ExtensionRequestStreams } from '../extension-request-streams.js';
import type { ExtensionRequestAnswer } from '../extension-request-streams.js';

/** The procuracy refuses the extension with reasons (TTLT 01/2017 Art 11(2)). */
export class RefuseExtensionBody extends ActBody {
  @IsString() @Length(1, 2000) reason!: string;
  @IsOptional() @ValidateNested() @Type(() => Decision) decision?: Decision;
}

export class RefuseExtension {
  constructor(
    readonly request: ActRequest,
    readonly body: RefuseExtensionBody,
  ) {}
}

@Controller('api/extension-requests')
export class RefuseExtensionEndpoint {
  constructor(private readonly commands: CommandBus) {}

  @Post(':id/refuse')
  @HttpCode(200)
  @Permit({ verb: 'extension.refuse', roles: ['prosecutor'], scope: 'unit' })
  handle(@ActOf() request: ActRequest, @Body() body: RefuseExtensionBody): Promise<ExtensionRequestAnswer> {
    return this.commands.execute(new RefuseExtension(request, body));
  }
}

@CommandHandler(RefuseExtension)
export class RefuseExtensionHandler implements ICommandHandler<RefuseExtension> {
  constructor(private readonly requests: ExtensionRequestStreams) {}

  execute({ request, body }: RefuseExtension): Promise<ExtensionRequestAnswer> {
    return this.requests.change(request, body.happenedAt, (state, now) => refuseExtension(state, { ...body, now }));
  }
}
