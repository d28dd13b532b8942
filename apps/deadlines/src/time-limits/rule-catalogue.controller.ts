import { Malformed } from '@app/http';
import {
  addDays,
  type CalendarDay,
  calendarDay,
  daysBetween,
  isLegalDate,
  type LegalDate,
  legalDateOf,
  ruleCatalogue,
  type RuleEntry,
} from '@app/legal-time-limits';
import { Permit, ROLES } from '@app/security';
import type { ServiceContext } from '@app/service';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { IsOptional, IsString } from 'class-validator';
import { DEADLINES_CONTEXT } from '../context.js';
import { LawBook } from '../law/law-book.js';

/** Longest stretch of days that is answered at once: a year and the days around it. */
const MOST_DAYS = 400;

export class RulesQuery {
  @IsOptional() @IsString() on?: string;
}

export class CalendarDaysQuery {
  @IsString() from!: string;
  @IsString() to!: string;
}

/** What the calculator page shows around an answer: the rules to choose from, and which days are off. */
@Controller('api/time-limits')
export class RuleCatalogueController {
  constructor(
    @Inject(DEADLINES_CONTEXT) private readonly service: ServiceContext,
    private readonly law: LawBook,
  ) {}

  /** The rules with a term of their own in force on a day (today when left out), with the circumstances each knows. */
  @Get('rules')
  @Permit({ verb: 'time-limit.calculate', roles: ROLES, scope: 'none' })
  async rules(@Query() { on }: RulesQuery): Promise<{ items: RuleEntry[] }> {
    const day = on === undefined ? this.today() : legalDay('on', on);
    const { rules } = await this.law.newest(this.service.pool);
    return { items: ruleCatalogue(day, rules) };
  }

  /** Which days from one to another are off, and why. */
  @Get('calendar')
  @Permit({ verb: 'time-limit.calculate', roles: ROLES, scope: 'none' })
  async calendar(@Query() query: CalendarDaysQuery): Promise<{ calendarVersion: string; items: CalendarDay[] }> {
    const from = legalDay('from', query.from);
    const to = legalDay('to', query.to);
    const count = daysBetween(from, to) + 1;
    if (count < 1 || count > MOST_DAYS) {
      throw new Malformed([
        {
          field: 'to',
          constraint: 'range',
          vi: `Cần một ngày không trước \`from\` và không quá ${MOST_DAYS} ngày sau.`,
          en: `A day not before \`from\` and at most ${MOST_DAYS} days after it is needed.`,
        },
      ]);
    }
    const { calendar } = await this.law.newest(this.service.pool);
    const items = Array.from({ length: count }, (_, index) => calendarDay(addDays(from, index), calendar));
    return { calendarVersion: calendar.version, items };
  }

  private today(): LegalDate {
    return legalDateOf(this.service.clock.now().toISOString());
  }
}

function legalDay(field: string, given: string): LegalDate {
  if (isLegalDate(given) && given >= '2018-01-01' && given <= '2105-12-31') return given;
  throw new Malformed([
    {
      field,
      constraint: 'day',
      vi: 'Cần một ngày có thật dạng YYYY-MM-DD, từ 2018-01-01 đến 2105-12-31.',
      en: 'A real day is needed, YYYY-MM-DD, from 2018-01-01 to 2105-12-31.',
    },
  ]);
}
