import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import { Decision, PROSECUTION_DECISIONS } from '@app/contracts';
import type { ProsecutionDecision } from '@app/contracts';
import { decideProsecution } from '@app/domain';
import { ActBody, ActOf } from '@app/http';
import type { ActRequest } from '@app/http';
import { Permit } from '@app/security';
import { Type } from 'class-transformer';
import { IsIn, ValidateNested } from 'class-validator';
import { CriminalCaseStreams } from '../criminal-case-streams.js';
import type { CaseAnswer } from '../criminal-case-streams.js';

/** The procuracy decides: prosecute, return, suspend, discontinue or transfer (BLTTHS 240(1)). */
export class DecideProsecutionBody extends ActBody {
  @IsIn(PROSECUTION_DECISIONS) prosecution!: ProsecutionDecision;
  @ValidateNested() @Type(() => Decision) decision!: Decision;
}

export class DecideProsecution {
  constructor(
    readonly request: ActRequest,
    readonly body: DecideProsecutionBody,
  ) {}
}

@Controller('api/cases')
export class DecideProsecutionEndpoint {
  constructor(private readonly commands: CommandBus) {}

  @Post(':id/decide-prosecution')
  @HttpCode(200)
  @Permit({ verb: 'case.decide-prosecution', roles: ['prosecutor'], scope: 'unit' })
  handle(@ActOf() request: ActRequest, @Body() body: DecideProsecutionBody): Promise<CaseAnswer> {
    return this.commands.execute(new DecideProsecution(request, body));
  }
}

@CommandHandler(DecideProsecution)
export class DecideProsecutionHandler implements ICommandHandler<DecideProsecution> {
  constructor(private readonly cases: CriminalCaseStreams) {}

  execute({ request, body }: DecideProsecution): Promise<CaseAnswer> {
    const { happenedAt, prosecution, decision: document } = body;
    return this.cases.change(request, 'supervising', happenedAt, (state, now) =>
      decideProsecution(state, { happenedAt, now, decision: prosecution, document }),
    );
  }
}
