import { Type } from 'class-transformer';
import { IsISO8601, IsIn, IsOptional, IsString, IsUUID, Matches, ValidateNested } from 'class-validator';
import { CATEGORIES, LEGAL_DATE } from '../words.js';
import type { Category } from '../words.js';
import { RegisterNumber } from '../values.js';

/** The body asks the procuracy for the one extension (BLTTHS 147(2)). */
export class ExtensionRequested {
  static readonly type = 'ExtensionRequested';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() tipId!: string;
  @IsUUID() requestId!: string;
  @IsISO8601() requestedAt!: string;
  @IsOptional() @IsString() reason?: string;
  @IsString() unitCode!: string;
  @IsString() supervisedBy!: string;
  @Matches(LEGAL_DATE) termEndsOn!: string;
  @ValidateNested() @Type(() => RegisterNumber) registerNumber!: RegisterNumber;
  @IsOptional() @IsIn(CATEGORIES) category?: Category;
}
