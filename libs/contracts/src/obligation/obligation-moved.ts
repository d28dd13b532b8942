import { Type } from 'class-transformer';
import { IsIn, IsInt, IsISO8601, IsString, IsUUID, Length, Min, ValidateNested } from 'class-validator';

/** The three dates of a duty: legal days, or moments where the term is in hours. */
export class MovedDates {
  @IsString() safeBy!: string;
  @IsString() due!: string;
  @IsString() latestArguable!: string;
}

/** An open duty has other dates because a version of the law was published: which one, and why. */
export class ObligationMoved {
  static readonly type = 'ObligationMoved';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() obligationId!: string;
  @IsUUID() matterId!: string;
  @IsString() rule!: string;
  @IsString() unitCode!: string;
  @IsString() supervisedBy!: string;
  @IsInt() @Min(1) lawNumber!: number;
  @IsIn(['calendar', 'rule']) publication!: 'calendar' | 'rule';
  /** The calendar's version, or the rule and the first day of its row. */
  @IsString() @Length(1, 100) lawName!: string;
  @IsString() @Length(1, 1000) reason!: string;
  @ValidateNested() @Type(() => MovedDates) before!: MovedDates;
  @ValidateNested() @Type(() => MovedDates) after!: MovedDates;
  /** When the version was published: from then on the duty had the dates after. */
  @IsISO8601() movedAt!: string;
}
