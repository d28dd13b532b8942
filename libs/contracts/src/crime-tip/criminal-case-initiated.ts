import { Type } from 'class-transformer';
import { IsBoolean, IsISO8601, IsIn, IsString, IsUUID, ValidateNested } from 'class-validator';
import { CATEGORIES, CRIME_CLASSES } from '../words.js';
import type { Category, CrimeClass } from '../words.js';
import { Decision, Offence } from '../values.js';

/** The body has decided to initiate a criminal case (BLTTHS 153, 154); ends the tip clock and opens the case. */
export class CriminalCaseInitiated {
  static readonly type = 'CriminalCaseInitiated';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() tipId!: string;
  @IsUUID() caseId!: string;
  @IsISO8601() initiatedAt!: string;
  @ValidateNested() @Type(() => Offence) offence!: Offence;
  @IsIn(CRIME_CLASSES) class!: CrimeClass;
  @IsIn(CATEGORIES) category!: Category;
  @IsString() unitCode!: string;
  @IsString() supervisedBy!: string;
  @IsBoolean() juvenile!: boolean;
  @ValidateNested() @Type(() => Decision) decision!: Decision;
}
