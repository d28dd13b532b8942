import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import { Decision } from '@app/contracts';
import { grantExtension } from '@app/domain';
import { ActBody, ActOf } from '@app/http';
import type { ActRequest } from '@app/http';
import { Permit } from '@app/security';
import { Type } from 'class-transformer';
import { ValidateNested } from 'class-validator';
import { ExtensionRequestStreams } from '../extension-request-streams.js';
import type { ExtensionRequestAnswer } from '../extension-request-streams.js';

/** The head of the procuracy extends verification once (BLTTHS 147(2)). */
export class GrantExtensionBody extends ActBody {
  @ValidateNested() @Type(() => Decision) decision!: Decision;
}

export class GrantExtension {
  constructor(
    readonly request: ActRequest,
    readonly body: GrantExtensionBody,
  ) {}
}

@Controller('api/extension-requests')
export class GrantExtensionEndpoint {
  constructor(private readonly commands: CommandBus) {}

  @Post(':id/grant')
  @HttpCode(200)
  @Permit({ verb: 'extension.grant', roles: ['prosecutor'], scope: 'unit' })
  handle(@ActOf() request: ActRequest, @Body() body: GrantExtensionBody): Promise<ExtensionRequestAnswer> {
    return this.commands.execute(new GrantExtension(request, body));
  }
}

@CommandHandler(GrantExtension)
export class GrantExtensionHandler implements ICommandHandler<GrantExtension> {
  constructor(private readonly requests: ExtensionRequestStreams) {}

  execute({ request, body }: GrantExtension): Promise<ExtensionRequestAnswer> {
    return this.requests.change(request, body.happenedAt, (state, now) => grantExtension(state, { ...body, now }));
  }
}
