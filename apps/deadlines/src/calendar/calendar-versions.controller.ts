import type { CalendarVersionPublished } from '@app/contracts';
import {
  ActOf,
  type ActRequest,
  encodeCursor,
  decodeCursor,
  type ListAnswer,
  Malformed,
  PageQuery,
  parsePage,
  TakesLong,
} from '@app/http';
import {
  CALENDARS,
  changedDays,
  type LegalDate,
  OFF_DAY_KINDS,
  type OffDayKind,
  scheduleOf,
  type YearSchedule,
} from '@app/legal-time-limits';
import { Permit, ROLES } from '@app/security';
import type { ServiceContext } from '@app/service';
import { Body, Controller, Get, HttpCode, Inject, Param, ParseIntPipe, Post, Query, Res } from '@nestjs/common';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  ValidateNested,
} from 'class-validator';
import type { FastifyReply } from 'fastify';
import { DEADLINES_CONTEXT } from '../context.js';
import { AnnouncementBody, ConfirmationBody, IsLegalDay } from '../law/law-bodies.js';
import { type DraftPreview, LawDesk } from '../law/law-desk.js';
import type { Move } from '../law/preview-moves.js';
import type { Published } from '../law/publish-law.js';
import { publishedVersions, type RecomputeState } from '../law/published-versions.js';
import { calendarAuthor, type CalendarDraft } from './calendar-draft.js';

/** More days off than any year has had, and more than a slip of the hand makes. */
const MOST_DAYS = 60;

export class NameBody {
  @IsString() @Length(1, 80) vi!: string;
  @IsString() @Length(1, 80) en!: string;
}

export class OffDayBody {
  @IsLegalDay() day!: string;
  @IsIn(OFF_DAY_KINDS) kind!: OffDayKind;
  @ValidateNested() @Type(() => NameBody) name!: NameBody;
}

export class WorkingSaturdayBody {
  @IsLegalDay() day!: string;
  @IsLegalDay() insteadOf!: string;
}

export class CalendarDraftBody extends AnnouncementBody {
  @IsInt() year!: number;
  @IsArray() @ArrayMaxSize(MOST_DAYS) @ValidateNested({ each: true }) @Type(() => OffDayBody) offDays!: OffDayBody[];
  @IsArray()
  @ArrayMaxSize(MOST_DAYS)
  @ValidateNested({ each: true })
  @Type(() => WorkingSaturdayBody)
  workingSaturdays!: WorkingSaturdayBody[];
  /** Must be true where the draft changes days that have passed. */
  @IsOptional() @IsBoolean() correctsPast?: boolean;
}

export class PublishCalendarBody extends CalendarDraftBody implements ConfirmationBody {
  @IsString() @Length(10, 1000) reason!: string;
  @IsInt() basedOn!: number;
  @IsInt() confirmedMoves!: number;
}

/** One version of the calendar as its history shows it. */
interface CalendarVersionView {
  /** 0 for those released with the program. */
  lawNumber: number;
  calendarVersion: string;
  /** The year whose schedule it sets; null where it sets several. */
  year: number | null;
  /** Days that work differently than in the version before. */
  changedDays: { day: LegalDate; works: boolean }[];
  announcedOn: LegalDate;
  sources: string[];
  reason: string | null;
  publishedAt: string | null;
  publishedBy: string | null;
  recompute: RecomputeState | null;
}

interface CalendarPreview extends DraftPreview {
  year: number;
  changedDays: { day: LegalDate; works: boolean }[];
  /** Whether the year had a published schedule before. */
  wasPublished: boolean;
}

interface CalendarPublished extends Published {
  calendarVersion: string;
}

const PUBLISH = { verb: 'calendar.publish', roles: ['operator'], scope: 'none' } as const;

/** The calendar of working days: its versions with their history, drafts tried on what is owed, and publication. */
@Controller('api/calendar-versions')
export class CalendarVersionsController {
  constructor(
    @Inject(DEADLINES_CONTEXT) private readonly service: ServiceContext,
    private readonly desk: LawDesk,
  ) {}

  /** Every version, the newest first, those released with the program last. */
  @Get()
  @Permit({ verb: 'calendar.read', roles: ROLES, scope: 'none' })
  async list(@Query() query: PageQuery): Promise<ListAnswer<CalendarVersionView>> {
    const { limit } = parsePage(query);
    const [before] = query.cursor === undefined ? [] : decodeCursor(query.cursor);
    const history = await this.desk.history();
    const rows = await publishedVersions(this.service.pool, 'CalendarVersionPublished', {
      limit: limit + 1,
      before: typeof before === 'number' ? before : undefined,
    });
    const items = rows.slice(0, limit).map(({ data, publishedBy, recompute }): CalendarVersionView => {
      const event = data as CalendarVersionPublished;
      const at = history.findIndex(({ number }) => number === event.lawNumber);
      return {
        lawNumber: event.lawNumber,
        calendarVersion: event.calendarVersion,
        year: event.year,
        changedDays: at > 0 ? changedDays(history[at - 1]!.calendar, history[at]!.calendar, event.year) : [],
        announcedOn: event.announcedOn,
        sources: history[at]?.calendar.years.find(({ year }) => year === event.year)?.sources.slice() ?? [],
        reason: event.reason,
        publishedAt: event.publishedAt,
        publishedBy,
        recompute,
      };
    });
    if (rows.length > limit) return { items, nextCursor: encodeCursor([items.at(-1)!.lawNumber]) };
    return { items: [...items, ...releasedVersions()], nextCursor: null };
  }

  /** The schedule of one year as it is in force: what an editor starts from. */
  @Get('years/:year')
  @Permit({ verb: 'calendar.read', roles: ROLES, scope: 'none' })
  async year(
    @Param('year', ParseIntPipe) year: number,
  ): Promise<
    YearSchedule & { published: boolean; sources: readonly string[]; calendarVersion: string; basedOn: number }
  > {
    if (year < 2018 || year > 2105) {
      throw new Malformed([
        {
          field: 'year',
          constraint: 'range',
          vi: 'Cần một năm từ 2018 đến 2105.',
          en: 'A year from 2018 to 2105 is needed.',
        },
      ]);
    }
    const newest = (await this.desk.history()).at(-1)!;
    return { ...scheduleOf(newest.calendar, year), calendarVersion: newest.calendar.version, basedOn: newest.number };
  }

  /** What a draft would move, in figures; nothing is written. */
  @Post('preview')
  @HttpCode(200)
  @TakesLong()
  @Permit(PUBLISH)
  async preview(@Body() body: CalendarDraftBody): Promise<CalendarPreview> {
    const author = calendarAuthor(draftOf(body));
    const last = (await this.desk.history()).at(-1)!;
    const preview = await this.desk.preview(author);
    const { version } = author.draftAfter(last, this.service.clock.now().toISOString());
    return {
      ...preview,
      year: body.year,
      changedDays: changedDays(last.calendar, version.calendar, body.year),
      wasPublished: scheduleOf(last.calendar, body.year).published,
    };
  }

  /** The duties behind a preview. */
  @Post('preview/moves')
  @HttpCode(200)
  @TakesLong()
  @Permit(PUBLISH)
  async moves(@Body() body: CalendarDraftBody, @Query() query: PageQuery): Promise<ListAnswer<Move>> {
    const { limit } = parsePage(query);
    return this.desk.moves(calendarAuthor(draftOf(body)), { limit, cursor: query.cursor });
  }

  /** The same as a file for a spreadsheet. */
  @Post('preview/moves.csv')
  @HttpCode(200)
  @TakesLong()
  @Permit(PUBLISH)
  async movesFile(@Body() body: CalendarDraftBody, @Res() reply: FastifyReply): Promise<void> {
    const file = await this.desk.movesFile(calendarAuthor(draftOf(body)));
    await reply
      .header('content-type', 'text/csv; charset=utf-8')
      .header('content-disposition', `attachment; filename="calendar-${body.year}-moves.csv"`)
      .send(file);
  }

  /** Publish a schedule: open duties are calculated again by it, closed ones stay. */
  @Post()
  @TakesLong()
  @Permit(PUBLISH)
  async publish(@Body() body: PublishCalendarBody, @ActOf() act: ActRequest): Promise<CalendarPublished> {
    const { reason, basedOn, confirmedMoves } = body;
    const author = calendarAuthor(draftOf(body), { reason, confirmedMoves });
    const published = await this.desk.publish(author, { basedOn, confirmedMoves }, act);
    return { ...published, calendarVersion: `${body.announcedOn}.${published.lawNumber}` };
  }
}

function draftOf({
  year,
  offDays,
  workingSaturdays,
  document,
  announcedOn,
  correctsPast,
}: CalendarDraftBody): CalendarDraft {
  return {
    schedule: { year, offDays, workingSaturdays },
    document,
    announcedOn,
    correctsPast: correctsPast === true,
  };
}

/** The versions released with the program, the newest first. */
function releasedVersions(): CalendarVersionView[] {
  return CALENDARS.toReversed().map((calendar, i, all) => {
    const before = all[i + 1];
    const years = before ? calendar.years.filter(({ year }) => before.years.some((one) => one.year === year)) : [];
    return {
      lawNumber: 0,
      calendarVersion: calendar.version,
      year: calendar.years.length === 1 ? calendar.years[0]!.year : null,
      changedDays: before ? years.flatMap(({ year }) => changedDays(before, calendar, year)) : [],
      announcedOn: calendar.publishedOn,
      sources: [...new Set(calendar.years.flatMap(({ sources }) => sources))],
      reason: null,
      publishedAt: null,
      publishedBy: null,
      recompute: null,
    };
  });
}
