import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsISO8601,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { LEGAL_DATE } from '../words.js';
import { LawDocument } from './calendar-version-published.js';

/** A statutory length: hours, days, working days, months. */
export class RuleLength {
  @IsInt() @Min(1) @Max(1000) n!: number;
  @IsIn(['h', 'd', 'wd', 'm']) unit!: 'h' | 'd' | 'wd' | 'm';
}

/** The lengths that a row sets; those left out stay as they were. */
export class RuleLengths {
  @IsOptional() @ValidateNested() @Type(() => RuleLength) limit?: RuleLength;
  @IsOptional() @ValidateNested() @Type(() => RuleLength) limitIfRemote?: RuleLength;
  @IsOptional() @ValidateNested() @Type(() => RuleLength) limitIfComplex?: RuleLength;
  @IsOptional() @ValidateNested() @Type(() => RuleLength) limitForNoninitiation?: RuleLength;
  @IsOptional() @ValidateNested() @Type(() => RuleLength) before?: RuleLength;
  @IsOptional() @ValidateNested() @Type(() => RuleLength) requestBefore?: RuleLength;
}

/** The lengths by class of offence (Penal Code Art 9) that a row sets. */
export class RuleLengthsByClass {
  @IsOptional() @ValidateNested() @Type(() => RuleLength) IT?: RuleLength;
  @IsOptional() @ValidateNested() @Type(() => RuleLength) NT?: RuleLength;
  @IsOptional() @ValidateNested() @Type(() => RuleLength) RNT?: RuleLength;
  @IsOptional() @ValidateNested() @Type(() => RuleLength) DBNT?: RuleLength;
}

/** How open questions c-1 and c-2 are read. */
export class RuleReadings {
  @IsOptional() @IsBoolean() startDayCounts?: boolean;
  @IsOptional() @IsBoolean() rollsDayTerms?: boolean;
}

/** What a later row of a rule changes in the row in force on its first day. */
export class RuleRow {
  /** First day: it applies to terms that start then or later. */
  @Matches(LEGAL_DATE) from!: string;
  @IsOptional() @ValidateNested() @Type(() => RuleLengths) lengths?: RuleLengths;
  @IsOptional() @ValidateNested() @Type(() => RuleLengthsByClass) limitByClass?: RuleLengthsByClass;
  @IsOptional() @ValidateNested() @Type(() => RuleLength) prolongationTotal?: RuleLength;
  @IsOptional() @ValidateNested() @Type(() => RuleReadings) readings?: RuleReadings;
  /** Question c-5: whether the second length stands beside the first. */
  @IsOptional() @IsBoolean() alternative?: boolean;
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(8)
  @IsString({ each: true })
  @Length(1, 120, { each: true })
  cites?: string[];
}

/** A later row of a rule: a limit changed by law from a day on, or another reading of an open question. */
export class RuleVersionPublished {
  static readonly type = 'RuleVersionPublished';
  static readonly version = 1;
  static readonly visibility = 'public';

  /** 1 for the first publication after the law as released with the program; calendars and rules count together. */
  @IsInt() @Min(1) lawNumber!: number;
  @IsString() @Length(1, 40) rule!: string;
  @ValidateNested() @Type(() => RuleRow) row!: RuleRow;
  @ValidateNested() @Type(() => LawDocument) document!: LawDocument;
  @Matches(LEGAL_DATE) announcedOn!: string;
  @IsString() @Length(1, 1000) reason!: string;
  /** Open duties that move, as shown to and confirmed by who published it. */
  @IsInt() @Min(0) confirmedMoves!: number;
  @IsISO8601() publishedAt!: string;
}
