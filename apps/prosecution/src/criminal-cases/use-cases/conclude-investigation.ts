import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import { concludeInvestigation } from '@app/domain';
import { ActBody, ActOf } from '@app/http';
import type { ActRequest } from '@app/http';
import { Permit } from '@app/security';
import { IsBoolean } from 'class-validator';
import { CriminalCaseStreams } from '../criminal-case-streams.js';
import type { CaseAnswer } from '../criminal-case-streams.js';

/** The investigation is concluded, proposing prosecution or not (BLTTHS 232). */
export class ConcludeInvestigationBody extends ActBody {
  @IsBoolean() proposesProsecution!: boolean;
}

export class ConcludeInvestigation {
  constructor(
    readonly request: ActRequest,
    readonly body: ConcludeInvestigationBody,
  ) {}
}

@Controller('api/cases')
export class ConcludeInvestigationEndpoint {
  constructor(private readonly commands: CommandBus) {}

  @Post(':id/conclude-investigation')
  @HttpCode(200)
  @Permit({ verb: 'case.conclude', roles: ['investigator'], scope: 'unit' })
  handle(@ActOf() request: ActRequest, @Body() body: ConcludeInvestigationBody): Promise<CaseAnswer> {
    return this.commands.execute(new ConcludeInvestigation(request, body));
  }
}

@CommandHandler(ConcludeInvestigation)
export class ConcludeInvestigationHandler implements ICommandHandler<ConcludeInvestigation> {
  constructor(private readonly cases: CriminalCaseStreams) {}

  execute({ request, body }: ConcludeInvestigation): Promise<CaseAnswer> {
    return this.cases.change(request, 'investigating', body.happenedAt, (state, now) =>
      concludeInvestigation(state, { ...body, now }),
    );
  }
}
