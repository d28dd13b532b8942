import { Type } from 'class-transformer';
import { IsArray, IsIn, IsInt, IsISO8601, IsString, Length, Matches, Max, Min, ValidateNested } from 'class-validator';
import { LEGAL_DATE } from '../words.js';

/** The announcement that a version of the law rests on. */
export class LawDocument {
  @IsString() @Length(1, 200) number!: string;
  @Matches(LEGAL_DATE) signedOn!: string;
}

/** A weekday off: the holiday itself, the day in lieu of it, or a day that a Saturday is worked for. */
export class PublishedOffDay {
  @Matches(LEGAL_DATE) day!: string;
  @IsIn(['holiday', 'compensation', 'swap']) kind!: 'holiday' | 'compensation' | 'swap';
  @IsString() @Length(1, 80) vi!: string;
  @IsString() @Length(1, 80) en!: string;
}

/** A Saturday worked in exchange for a weekday. */
export class PublishedWorkingSaturday {
  @Matches(LEGAL_DATE) day!: string;
  @Matches(LEGAL_DATE) insteadOf!: string;
}

/** The days off of one year in a new version: duties still open go by it from now on, closed ones stay. */
export class CalendarVersionPublished {
  static readonly type = 'CalendarVersionPublished';
  static readonly version = 1;
  static readonly visibility = 'public';

  /** 1 for the first publication after the law as released with the program; calendars and rules count together. */
  @IsInt() @Min(1) lawNumber!: number;
  @IsString() @Length(1, 60) calendarVersion!: string;
  @IsInt() @Min(2018) @Max(2105) year!: number;
  @IsArray() @ValidateNested({ each: true }) @Type(() => PublishedOffDay) offDays!: PublishedOffDay[];
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => PublishedWorkingSaturday)
  workingSaturdays!: PublishedWorkingSaturday[];
  @ValidateNested() @Type(() => LawDocument) document!: LawDocument;
  @Matches(LEGAL_DATE) announcedOn!: string;
  @IsString() @Length(1, 1000) reason!: string;
  /** Open duties that move, as shown to and confirmed by who published it. */
  @IsInt() @Min(0) confirmedMoves!: number;
  @IsISO8601() publishedAt!: string;
}
