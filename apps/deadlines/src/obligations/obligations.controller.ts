import { type Caller, CurrentCaller, listAnswer, type ListAnswer, NotFound, PageQuery, parsePage } from '@app/http';
import { isLegalDate } from '@app/legal-time-limits';
import { inScope, Permit } from '@app/security';
import type { ServiceContext } from '@app/service';
import { Controller, Get, Inject, Param, ParseUUIDPipe, Query } from '@nestjs/common';
import { IsIn, IsOptional, Matches, ValidateBy } from 'class-validator';
import { DEADLINES_CONTEXT } from '../context.js';
import { LawBook } from '../law/law-book.js';
import type { MatterKind } from '../matters/facts-of-events.js';
import type { FactSetAside } from './duties-of-matter.js';
import { type ExplainedObligation, explain } from './explained-obligations.js';
import {
  OBLIGATION_STATUSES,
  type ObligationStatus,
  obligationPage,
  obligationsOfMatter,
  obligationSortValues,
  type ObligationSummary,
  obligationSummary,
} from './obligation-list.js';

const READERS = ['intake_officer', 'investigator', 'prosecutor', 'leader', 'operator'] as const;
const MATTER_KINDS = ['crime-tip', 'criminal-case'] as const;
const OWERS = ['receiving_body', 'investigating_body', 'head_of_body', 'procuracy', 'court'] as const;
const UNIT_CODE = /^[A-Z0-9-]{1,40}$/;
/** A caller who just acted sees the result: reading waits this long for events already on their way. */
const SETTLE_MS = 300;

const IsLegalDay = (): PropertyDecorator =>
  ValidateBy(
    { name: 'isLegalDay', validator: { validate: isLegalDate } },
    { message: 'dueBefore phải là ngày có thật, dạng YYYY-MM-DD | dueBefore must be a real day, YYYY-MM-DD' },
  );

export class ObligationsQuery extends PageQuery {
  @IsOptional() @Matches(UNIT_CODE) unit?: string;
  @IsOptional() @IsIn(OWERS) owedBy?: string;
  @IsOptional() @IsIn(OBLIGATION_STATUSES) status?: ObligationStatus;
  /** Not done and not fallen away, be it late or not. */
  @IsOptional() @IsIn(['open']) state?: 'open';
  /** A legal day: what is due on an earlier day. */
  @IsOptional() @IsLegalDay() dueBefore?: string;
  @IsOptional() @IsIn(MATTER_KINDS) matterKind?: MatterKind;
}

export class SummaryQuery {
  @IsOptional() @Matches(UNIT_CODE) unit?: string;
}

interface MatterAnswer {
  items: ExplainedObligation[];
  /** Facts that the law's arithmetic refuses beside the others: they move no clock until the record is put right. */
  setAside: FactSetAside[];
}

/** What is owed, by whom, until when and why. */
@Controller('api')
export class ObligationsController {
  constructor(
    @Inject(DEADLINES_CONTEXT) private readonly service: ServiceContext,
    private readonly law: LawBook,
  ) {}

  /** Obligations within the caller's units, the one that becomes late first at the top. */
  @Get('obligations')
  @Permit({ verb: 'obligation.list', roles: READERS, scope: 'unit' })
  list(@Query() query: ObligationsQuery, @CurrentCaller() caller: Caller): Promise<ListAnswer<ExplainedObligation>> {
    const page = parsePage(query);
    return inScope(this.service.pool, caller, async (tx) => {
      const rows = await obligationPage(tx, query, page);
      const { items, nextCursor } = listAnswer(rows, page, obligationSortValues);
      return { items: await explain(tx, items, await this.law.history(this.service.pool)), nextCursor };
    });
  }

  /** Counts of open obligations by urgency. */
  @Get('obligations/summary')
  @Permit({ verb: 'obligation.list', roles: READERS, scope: 'unit' })
  summary(@Query() query: SummaryQuery, @CurrentCaller() caller: Caller): Promise<ObligationSummary> {
    return inScope(this.service.pool, caller, (tx) => obligationSummary(tx, query.unit));
  }

  /** All obligations of one tip, in the order of due. */
  @Get('tips/:id/obligations')
  @Permit({ verb: 'obligation.list', roles: READERS, scope: 'unit' })
  ofTip(@Param('id', ParseUUIDPipe) id: string, @CurrentCaller() caller: Caller): Promise<MatterAnswer> {
    return this.ofMatter(id, 'crime-tip', caller);
  }

  /** All obligations of one case, in the order of due. */
  @Get('cases/:id/obligations')
  @Permit({ verb: 'obligation.list', roles: READERS, scope: 'unit' })
  ofCase(@Param('id', ParseUUIDPipe) id: string, @CurrentCaller() caller: Caller): Promise<MatterAnswer> {
    return this.ofMatter(id, 'criminal-case', caller);
  }

  private async ofMatter(id: string, kind: MatterKind, caller: Caller): Promise<MatterAnswer> {
    await this.service.settled(SETTLE_MS);
    let answer = await this.readMatter(id, kind, caller);
    if (answer === null) {
      await this.service.settled();
      answer = await this.readMatter(id, kind, caller);
    }
    if (answer === null) throw new NotFound(kind === 'crime-tip' ? 'CrimeTip' : 'CriminalCase', id);
    return answer;
  }

  private readMatter(id: string, kind: MatterKind, caller: Caller): Promise<MatterAnswer | null> {
    return inScope(this.service.pool, caller, async (tx) => {
      const found = await obligationsOfMatter(tx, id, kind);
      return (
        found && {
          items: await explain(tx, found.rows, await this.law.history(this.service.pool)),
          setAside: found.setAside,
        }
      );
    });
  }
}
