import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsISO8601,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { CATEGORIES, CRIME_CLASSES } from '../words.js';
import type { Category, CrimeClass } from '../words.js';
import { Offence } from '../values.js';

/** A criminal case is open; the investigation term runs (BLTTHS 172). */
export class CriminalCaseOpened {
  static readonly type = 'CriminalCaseOpened';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() caseId!: string;
  @ValidateIf((_, value) => value !== null) @IsUUID() tipId!: string | null;
  @IsString() unitCode!: string;
  @IsString() supervisedBy!: string;
  @IsISO8601() initiatedAt!: string;
  @IsIn(CATEGORIES) category!: Category;
  @ValidateNested() @Type(() => Offence) offence!: Offence;
  @IsIn(CRIME_CLASSES) class!: CrimeClass;
  @IsInt() accusedCount!: number;
  @IsBoolean() juvenile!: boolean;
  @IsBoolean() shortened!: boolean;
  /**
   * False when an imported tip opened the case and nothing tells its course: no duty of the investigation is claimed
   * until an act or a row of a case register is recorded. Absent = followed.
   */
  @IsOptional() @IsBoolean() followed?: boolean;
}
