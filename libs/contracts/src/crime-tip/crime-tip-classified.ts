import { Type } from 'class-transformer';
import { IsBoolean, IsISO8601, IsIn, IsOptional, IsUUID, ValidateNested } from 'class-validator';
import { CATEGORIES } from '../words.js';
import type { Category } from '../words.js';
import { Offence } from '../values.js';

/** The receiving body has classified the tip: competence, urgency, offence (TTLT 01/2017 Art 8(1)). */
export class CrimeTipClassified {
  static readonly type = 'CrimeTipClassified';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() tipId!: string;
  @IsISO8601() classifiedAt!: string;
  @IsBoolean() competent!: boolean;
  @IsBoolean() urgent!: boolean;
  @IsIn(CATEGORIES) category!: Category;
  @IsOptional() @ValidateNested() @Type(() => Offence) offence?: Offence;
  @IsOptional() @IsBoolean() signsOfCrime?: boolean;
}
