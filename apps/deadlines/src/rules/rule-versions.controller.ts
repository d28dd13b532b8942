import { RuleRow, type RuleVersionPublished } from '@app/contracts';
import { ActOf, type ActRequest, type ListAnswer, PageQuery, parsePage, TakesLong } from '@app/http';
import {
  AMENDABLE_LENGTHS,
  DEFAULT_READINGS,
  type LawVersion,
  type Length,
  openQuestion,
  type OwedBy,
  type Readings,
  type Rule,
} from '@app/legal-time-limits';
import { Permit, ROLES } from '@app/security';
import type { ServiceContext } from '@app/service';
import { Body, Controller, Get, HttpCode, Inject, Post, Query, Res } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsInt, IsString, Length as HasLength, Matches, Min, ValidateNested } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { DEADLINES_CONTEXT } from '../context.js';
import { DocumentBody, IsLegalDay } from '../law/law-bodies.js';
import { type DraftPreview, LawDesk } from '../law/law-desk.js';
import type { Move } from '../law/preview-moves.js';
import type { Published } from '../law/publish-law.js';
import { type PublishedVersion, publishedVersions, type RecomputeState } from '../law/published-versions.js';
import { ruleAuthor, type RuleDraft } from './rule-draft.js';

/** Publications of rules that a history shows; far more than a table of laws gathers. */
const MOST_PUBLISHED = 1_000;

export class RuleDraftBody extends RuleRow {
  @Matches(/^[A-Z0-9-]{1,40}$/) rule!: string;
  @IsLegalDay() declare from: string;
  @ValidateNested() @Type(() => DocumentBody) document!: DocumentBody;
  @IsLegalDay() announcedOn!: string;
}

export class PublishRuleBody extends RuleDraftBody {
  @IsString() @HasLength(10, 1000) reason!: string;
  @IsInt() @Min(0) basedOn!: number;
  @IsInt() @Min(0) confirmedMoves!: number;
}

/** One dated row of a rule. */
interface RuleRowView {
  effective: { from: string; to: string | null };
  lengths: Partial<Record<(typeof AMENDABLE_LENGTHS)[number], Length>>;
  limitByClass: Readonly<Record<string, Length>> | null;
  prolongationTotal: Length | null;
  readings: Readings | null;
  /** The second length that stands beside the first; null = none. */
  alternative: (Length & { rule: string }) | null;
  cites: readonly string[];
  /** Null for a row released with the program. */
  published: {
    lawNumber: number;
    publishedAt: string;
    publishedBy: string;
    announcedOn: string;
    document: { number: string; signedOn: string };
    reason: string;
    recompute: RecomputeState | null;
  } | null;
}

/** One rule with all its dated rows, in the order in which they were added. */
interface RuleView {
  rule: string;
  name: { vi: string; en: string };
  kind: Rule['kind'];
  owedBy: OwedBy | null;
  /** Open questions that touch it, with the reading taken. */
  open: { id: string; question: { vi: string; en: string }; taken: { vi: string; en: string } }[];
  rows: RuleRowView[];
}

const PUBLISH = { verb: 'rule.publish', roles: ['operator'], scope: 'none' } as const;

/** The table of terms: its dated rows with their history, drafts tried on what is owed, and publication. */
@Controller('api/rule-versions')
export class RuleVersionsController {
  constructor(
    @Inject(DEADLINES_CONTEXT) private readonly service: ServiceContext,
    private readonly desk: LawDesk,
  ) {}

  /** Every rule that carries a term, with all its rows. */
  @Get()
  @Permit({ verb: 'rule.read', roles: ROLES, scope: 'none' })
  async list(): Promise<{ basedOn: number; items: RuleView[]; nextCursor: null }> {
    const history = await this.desk.history();
    const published = await publishedVersions(this.service.pool, 'RuleVersionPublished', {
      limit: MOST_PUBLISHED,
      before: undefined,
    });
    const newest = history.at(-1)!;
    return { basedOn: newest.number, items: rulesOf(newest, published), nextCursor: null };
  }

  /** What a draft would move, in figures; nothing is written. */
  @Post('preview')
  @HttpCode(200)
  @TakesLong()
  @Permit(PUBLISH)
  preview(@Body() body: RuleDraftBody): Promise<DraftPreview> {
    return this.desk.preview(ruleAuthor(draftOf(body)));
  }

  /** The duties behind a preview. */
  @Post('preview/moves')
  @HttpCode(200)
  @TakesLong()
  @Permit(PUBLISH)
  moves(@Body() body: RuleDraftBody, @Query() query: PageQuery): Promise<ListAnswer<Move>> {
    const { limit } = parsePage(query);
    return this.desk.moves(ruleAuthor(draftOf(body)), { limit, cursor: query.cursor });
  }

  /** The same as a file for a spreadsheet. */
  @Post('preview/moves.csv')
  @HttpCode(200)
  @TakesLong()
  @Permit(PUBLISH)
  async movesFile(@Body() body: RuleDraftBody, @Res() reply: FastifyReply): Promise<void> {
    const file = await this.desk.movesFile(ruleAuthor(draftOf(body)));
    await reply
      .header('content-type', 'text/csv; charset=utf-8')
      .header('content-disposition', `attachment; filename="${body.rule}-moves.csv"`)
      .send(file);
  }

  /** Publish a later row: open duties are calculated again by it, closed ones stay. */
  @Post()
  @TakesLong()
  @Permit(PUBLISH)
  publish(@Body() body: PublishRuleBody, @ActOf() act: ActRequest): Promise<Published> {
    const { reason, basedOn, confirmedMoves } = body;
    return this.desk.publish(ruleAuthor(draftOf(body), { reason, confirmedMoves }), { basedOn, confirmedMoves }, act);
  }
}

function draftOf(body: RuleDraftBody): RuleDraft {
  const { rule, document, announcedOn, from, lengths, limitByClass, prolongationTotal, readings, alternative, cites } =
    body;
  const given = { lengths, limitByClass, prolongationTotal, readings, alternative, cites };
  // Through JSON, as it will be read back from the log.
  const row = JSON.parse(JSON.stringify({ from, ...given })) as RuleRow;
  return { rule, row, document, announcedOn };
}

function rulesOf({ rules }: LawVersion, published: readonly PublishedVersion[]): RuleView[] {
  const waiting = [...published].reverse();
  return rules.ids().flatMap((id) => {
    const versions = rules.versionsOf(id);
    const [first] = versions;
    if (!first || (first.kind !== 'term' && first.kind !== 'before_end')) return [];
    const later = waiting.filter(({ data }) => (data as RuleVersionPublished).rule === id);
    const released = versions.length - later.length;
    return [
      {
        rule: id,
        name: first.name,
        kind: first.kind,
        owedBy: first.owedBy,
        open: first.open.map((question) => {
          const { question: asked, taken } = openQuestion(question);
          return { id: question, question: asked, taken };
        }),
        rows: versions.map((row, i) => rowView(row, later[i - released])),
      },
    ];
  });
}

function rowView(row: Rule, published: PublishedVersion | undefined): RuleRowView {
  const lengths = AMENDABLE_LENGTHS.flatMap((field) => (row[field] ? [[field, row[field]] as const] : []));
  const isInDays = row.kind === 'term' && row.limit?.unit === 'd';
  return {
    effective: row.effective,
    lengths: Object.fromEntries(lengths),
    limitByClass: row.limitByClass ?? null,
    prolongationTotal: row.prolongation?.total ?? null,
    readings: isInDays ? (row.readings ?? DEFAULT_READINGS) : null,
    alternative: row.alternative ?? null,
    cites: row.cites,
    published: published ? publishedView(published) : null,
  };
}

function publishedView({ data, publishedBy, recompute }: PublishedVersion): RuleRowView['published'] {
  const { lawNumber, publishedAt, announcedOn, document, reason } = data;
  return { lawNumber, publishedAt, publishedBy, announcedOn, document, reason, recompute };
}
