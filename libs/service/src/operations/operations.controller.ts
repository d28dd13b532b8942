import { type Caller, CurrentCaller, HttpProblem, NotFound } from '@app/http';
import type { ParkedStream, RebuildState } from '@app/messaging';
import { Permit } from '@app/security';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { IsBoolean, IsOptional, IsString, MaxLength } from 'class-validator';
import { Operations } from './operations.js';
import type { ConsumerView, ServiceOperations, CheckView } from './service-operations.js';

export class RebuildBody {
  /** Name of the consumer, for example `intake.tip-list`. */
  @IsString() @MaxLength(100) consumer!: string;
  /** Begin from nothing although an earlier rebuild was cut short. */
  @IsOptional() @IsBoolean() anew?: boolean;
}

export class RetryBody {
  /** Of this consumer alone. */
  @IsOptional() @IsString() @MaxLength(100) consumer?: string;
  /** This stream of the consumer alone. */
  @IsOptional() @IsString() @MaxLength(200) stream?: string;
}

export class ParkedQuery {
  @IsOptional() @IsString() @MaxLength(100) consumer?: string;
}

const OPERATE = { verb: 'operations.run', roles: ['operator'], scope: 'all' } as const;
const LOOK = { verb: 'operations.look', roles: ['operator', 'auditor'], scope: 'all' } as const;
const CHECK = { verb: 'operations.check', roles: ['operator', 'auditor'], scope: 'all' } as const;

interface List<T> {
  items: T[];
}

/** The machine room of one service: consumers, what is parked, rebuilds, checks. Nothing here shows a matter. */
@Controller('api/operations/:service')
export class OperationsController {
  constructor(@Inject(Operations) private readonly operations: Operations) {}

  /** Every consumer with state, lag, parked streams and its newest rebuild. */
  @Get('consumers')
  @Permit(LOOK)
  async consumers(@Param('service') service: string): Promise<List<ConsumerView>> {
    return { items: await this.find(service).consumers() };
  }

  @Get('rebuilds')
  @Permit(LOOK)
  async rebuilds(@Param('service') service: string): Promise<List<RebuildState>> {
    return { items: await this.find(service).rebuilds() };
  }

  /** Begin a rebuild, or go on with one that was cut short. Readers go on reading the old rows until it is done. */
  @Post('rebuilds')
  @HttpCode(202)
  @Permit(OPERATE)
  async rebuild(
    @Param('service') service: string,
    @Body() body: RebuildBody,
    @CurrentCaller() caller: Caller,
  ): Promise<RebuildState> {
    const operations = this.find(service);
    if (!operations.has(body.consumer)) throw new NotFound('Consumer', body.consumer);
    const reason = operations.notRebuildable(body.consumer);
    if (reason) throw new HttpProblem(409, 'NotRebuildable', reason, { consumer: body.consumer });
    return operations.rebuild(body.consumer, caller.id, body.anew);
  }

  /** Streams whose events wait because one could not be handled, with the error that it met. */
  @Get('parked')
  @Permit(LOOK)
  async parked(@Param('service') service: string, @Query() { consumer }: ParkedQuery): Promise<List<ParkedStream>> {
    return { items: await this.find(service).parked(consumer) };
  }

  /** Try parked streams again, from the failed event on and in order; what fails again stays parked. */
  @Post('parked/retry')
  @HttpCode(202)
  @Permit(OPERATE)
  async retry(@Param('service') service: string, @Body() body: RetryBody): Promise<{ streams: number }> {
    return { streams: await this.find(service).retry(body.consumer, body.stream) };
  }

  /** Begin a check: versions of every stream, and each read model beside a fresh fold of the log. */
  @Post('checks')
  @HttpCode(202)
  @Permit(CHECK)
  check(@Param('service') service: string): CheckView {
    return this.find(service).check();
  }

  /** The newest check since the service started. */
  @Get('checks/newest')
  @Permit(CHECK)
  newestCheck(@Param('service') service: string): CheckView {
    const newest = this.find(service).lastCheck;
    if (!newest) throw new NotFound('Check', service);
    return newest;
  }

  private find(service: string): ServiceOperations {
    const operations = this.operations.of(service);
    if (!operations) throw new NotFound('Service', service);
    return operations;
  }
}
