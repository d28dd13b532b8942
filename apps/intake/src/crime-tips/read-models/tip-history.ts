import { Controller, Get, Inject, Param } from '@nestjs/common';
import { STREAMS } from '@app/contracts';
import { CurrentCaller, idOf } from '@app/http';
import type { Caller } from '@app/http';
import { Permit } from '@app/security';
import type { ServiceContext } from '@app/service';
import { INTAKE_CONTEXT } from '../../context.js';
import { TipDetails } from './tip-details.js';

interface HistoryEntry {
  version: number;
  type: string;
  happenedAt: string;
  recordedAt: string;
  actor: { id: string; role: string; unit: string };
  source: string;
  data: Record<string, unknown>;
}

/** What happened to a tip, straight from its stream. Sealed text stays out. */
@Controller('api/tips')
export class TipHistoryEndpoint {
  constructor(
    @Inject(INTAKE_CONTEXT) private readonly context: ServiceContext,
    private readonly details: TipDetails,
  ) {}

  @Get(':id/history')
  @Permit({
    verb: 'tip.history',
    roles: ['intake_officer', 'investigator', 'prosecutor', 'leader', 'operator', 'custodian'],
    scope: 'unit',
  })
  async history(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<{ items: HistoryEntry[] }> {
    const tipId = idOf(id);
    await this.details.rowOf(tipId, caller);
    const events = await this.context.store.load(`${STREAMS.crimeTip}${tipId}`);
    return {
      items: events.map(({ version, type, meta, data }) => {
        const { content: _sealed, ...open } = data;
        const { happenedAt, recordedAt, actor, source } = meta;
        return { version, type, happenedAt, recordedAt, actor, source, data: open };
      }),
    };
  }
}
