import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import { Decision } from '@app/contracts';
import { extendProsecutionTerm } from '@app/domain';
import { ActBody, ActOf } from '@app/http';
import type { ActRequest } from '@app/http';
import { Permit } from '@app/security';
import { Type } from 'class-transformer';
import { ValidateNested } from 'class-validator';
import { CriminalCaseStreams } from '../criminal-case-streams.js';
import type { CaseAnswer } from '../criminal-case-streams.js';

/** The head of the procuracy extends the prosecution term (BLTTHS 240(1)). */
export class ExtendProsecutionTermBody extends ActBody {
  @ValidateNested() @Type(() => Decision) decision!: Decision;
}

export class ExtendProsecutionTerm {
  constructor(
    readonly request: ActRequest,
    readonly body: ExtendProsecutionTermBody,
  ) {}
}

@Controller('api/cases')
export class ExtendProsecutionTermEndpoint {
  constructor(private readonly commands: CommandBus) {}

  @Post(':id/extend-prosecution')
  @HttpCode(200)
  @Permit({ verb: 'case.extend-prosecution', roles: ['prosecutor'], scope: 'unit' })
  handle(@ActOf() request: ActRequest, @Body() body: ExtendProsecutionTermBody): Promise<CaseAnswer> {
    return this.commands.execute(new ExtendProsecutionTerm(request, body));
  }
}

@CommandHandler(ExtendProsecutionTerm)
export class ExtendProsecutionTermHandler implements ICommandHandler<ExtendProsecutionTerm> {
  constructor(private readonly cases: CriminalCaseStreams) {}

  execute({ request, body }: ExtendProsecutionTerm): Promise<CaseAnswer> {
    return this.cases.change(request, 'supervising', body.happenedAt, (state, now, law) =>
      extendProsecutionTerm(state, { ...body, now, law }),
    );
  }
}
