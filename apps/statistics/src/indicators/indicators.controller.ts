import { CurrentCaller, listAnswer, Malformed, NotFound, parsePage } from '@app/http';
import type { Caller, ListAnswer } from '@app/http';
import { Permit } from '@app/security';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { definitionChanges, INDICATOR_IDS } from './definitions.js';
import type { IndicatorId, Words } from './definitions.js';
import type { RateFigure, TimeFigure } from './figures.js';
import { mattersBehind, partsOf, placeOf } from './matters-behind.js';
import type { MatterBehind } from './matters-behind.js';
import { dayOf } from './period-schemes.js';
import { indicatorsOf, ReportService } from './report-service.js';
import type { ReportQuery as ReportParameters, ReportRequest } from './report-request.js';
import { trend } from './trend.js';
import type { MonthFigures } from './trend.js';
import { unitComparison } from './unit-comparison.js';
import type { UnitFigures } from './unit-comparison.js';

/** Who reads figures, and the matters behind them without text or parties. */
export const READERS = ['leader', 'prosecutor', 'investigator', 'operator'] as const;

const DEFAULT_MONTHS = 24;
const MAX_MONTHS = 60;

/** The query of every report; what the values may be is said by `readReportRequest`, all faults at once. */
export class ReportQuery implements ReportParameters {
  @IsOptional() @IsString() @MaxLength(40) from?: string;
  @IsOptional() @IsString() @MaxLength(40) to?: string;
  @IsOptional() @IsString() @MaxLength(40) scheme?: string;
  @IsOptional() @IsString() @MaxLength(40) period?: string;
  @IsOptional() @IsString() @MaxLength(40) unit?: string;
  @IsOptional() @IsString() @MaxLength(40) asOf?: string;
}

export class MattersQuery extends ReportQuery {
  @IsOptional() @IsString() @MaxLength(40) part?: string;
  /** Read by `parsePage`, which says what is allowed. */
  @IsOptional() @IsString() @MaxLength(10) limit?: string;
  @IsOptional() @IsString() @MaxLength(1_000) cursor?: string;
}

export class TrendQuery {
  @IsOptional() @IsString() @MaxLength(40) unit?: string;
  @IsOptional() @IsString() @MaxLength(40) asOf?: string;
  @IsOptional() @Type(() => Number) @IsInt() @Min(1) @Max(MAX_MONTHS) months?: number;
}

/** What every report says of itself, enough to ask for the same again. */
type ReportHead = Pick<ReportRequest, 'asOf' | 'unit' | 'from' | 'to' | 'scheme' | 'period'> & {
  /** True while later events may still change the figures: as-of lies ahead. */
  provisional: boolean;
};

const headOf = ({ asOf, unit, from, to, scheme, period, isProvisional }: ReportRequest): ReportHead => ({
  asOf,
  unit,
  from,
  to,
  scheme,
  period,
  provisional: isProvisional,
});

/** Indicators of a period and a unit as of a moment, and the matters behind them. */
@Controller('api/indicators')
export class IndicatorsController {
  constructor(@Inject(ReportService) private readonly reports: ReportService) {}

  /** Rates with numerator, denominator and open count, and processing times. */
  @Get()
  @Permit({ verb: 'indicator.read', roles: READERS, scope: 'unit' })
  async list(
    @Query() query: ReportQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<ReportHead & { indicators: (RateFigure | TimeFigure)[] }> {
    return this.reports.settledShared('indicators', query, caller.units, async (tx, request) => ({
      ...headOf(request),
      indicators: await indicatorsOf(tx, request),
    }));
  }

  /** The units of a scope beside each other, each with everything below it. */
  @Get('by-unit')
  @Permit({ verb: 'indicator.read', roles: READERS, scope: 'unit' })
  async byUnit(
    @Query() query: ReportQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<ReportHead & { items: UnitFigures[] }> {
    return this.reports.settledShared('by-unit', query, caller.units, async (tx, request, tree) => ({
      ...headOf(request),
      items: await unitComparison(tx, tree, request.roots, request.window, request.to),
    }));
  }

  /** R1, R2 and R4 of the last calendar months, and where a definition changed. */
  @Get('trend')
  @Permit({ verb: 'indicator.read', roles: READERS, scope: 'unit' })
  async trend(
    @Query() query: TrendQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<{
    asOf: string;
    unit: string | null;
    items: MonthFigures[];
    definitionChanges: { month: string; text: Words }[];
  }> {
    const { months = DEFAULT_MONTHS, ...report } = query;
    return this.reports.settledShared(`trend ${months}`, report, caller.units, async (tx, { asOf, unit, window }) => ({
      asOf,
      unit,
      items: await trend(tx, { ...window, asOfDay: dayOf(asOf) }, months),
      definitionChanges: definitionChanges(['R1', 'R2', 'R4']),
    }));
  }

  /** The list behind one count of a figure; `total` is the count. Later pages keep the as-of moment of the first. */
  @Get(':id/matters')
  @Permit({ verb: 'indicator.read', roles: READERS, scope: 'unit' })
  async matters(
    @Param('id') id: string,
    @Query() query: MattersQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<ReportHead & ListAnswer<MatterBehind> & { part: string; total: number }> {
    const indicator = INDICATOR_IDS.find((known) => known === id);
    if (!indicator) throw new NotFound('Indicator', id);
    const part = partAsked(indicator, query.part);
    const page = parsePage(query);
    const place = page.after ? placeAsked(page.after) : null;
    const asked = { ...query, asOf: place?.asOf ?? query.asOf };
    const { request, total, rows } = await this.reports.settledReport(
      asked,
      caller.units,
      async (tx, request, tree) => {
        const figure = { id: indicator, part, day: request.to };
        const found = mattersBehind(tx, tree, figure, request.window, {
          limit: page.limit,
          after: place?.after ?? null,
        });
        return { request, ...(await found) };
      },
    );
    const { items, nextCursor } = listAnswer(rows, page, (row) => [request.asOf, ...row.place]);
    return { ...headOf(request), part, total, items: items.map(({ matter }) => matter), nextCursor };
  }
}

function partAsked(id: IndicatorId, asked: string | undefined): string {
  const parts = partsOf(id);
  const part = asked ?? 'denominator';
  if (parts.includes(part)) return part;
  const list = parts.join(', ');
  throw new Malformed([
    { field: 'part', constraint: 'part', vi: `part: phải là một trong ${list}`, en: `part: must be one of ${list}` },
  ]);
}

function placeAsked(values: Parameters<typeof placeOf>[0]): NonNullable<ReturnType<typeof placeOf>> {
  const place = placeOf(values);
  if (place) return place;
  throw new Malformed([
    {
      field: 'cursor',
      constraint: 'cursor',
      vi: 'cursor không thuộc danh sách này: hãy dùng nguyên văn nextCursor của trang trước.',
      en: 'cursor is not of this list: give back nextCursor of the page before, unchanged.',
    },
  ]);
}
