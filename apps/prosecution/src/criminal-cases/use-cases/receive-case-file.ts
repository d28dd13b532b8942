import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import { receiveCaseFile } from '@app/domain';
import { ActBody, ActOf } from '@app/http';
import type { ActRequest } from '@app/http';
import { Permit } from '@app/security';
import { IsBoolean } from 'class-validator';
import { CriminalCaseStreams } from '../criminal-case-streams.js';
import type { CaseAnswer } from '../criminal-case-streams.js';

/** The procuracy receives the file; only a complete one starts its term (BLTTHS 238(1), 240(1)). */
export class ReceiveCaseFileBody extends ActBody {
  @IsBoolean() complete!: boolean;
  @IsBoolean() conclusionDelivered!: boolean;
}

export class ReceiveCaseFile {
  constructor(
    readonly request: ActRequest,
    readonly body: ReceiveCaseFileBody,
  ) {}
}

@Controller('api/cases')
export class ReceiveCaseFileEndpoint {
  constructor(private readonly commands: CommandBus) {}

  @Post(':id/receive-file')
  @HttpCode(200)
  @Permit({ verb: 'case.receive-file', roles: ['prosecutor'], scope: 'unit' })
  handle(@ActOf() request: ActRequest, @Body() body: ReceiveCaseFileBody): Promise<CaseAnswer> {
    return this.commands.execute(new ReceiveCaseFile(request, body));
  }
}

@CommandHandler(ReceiveCaseFile)
export class ReceiveCaseFileHandler implements ICommandHandler<ReceiveCaseFile> {
  constructor(private readonly cases: CriminalCaseStreams) {}

  execute({ request, body }: ReceiveCaseFile): Promise<CaseAnswer> {
    return this.cases.change(request, 'supervising', body.happenedAt, (state, now) =>
      receiveCaseFile(state, { ...body, now }),
    );
  }
}
