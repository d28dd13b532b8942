import { Type } from 'class-transformer';
import { IsISO8601, IsIn, IsOptional, IsString, IsUUID, Matches, ValidateNested } from 'class-validator';
import { CATEGORIES, LEGAL_DATE } from '../words.js';
import type { Category } from '../words.js';
import { RegisterNumber } from '../values.js';

/** The procuracy has received a request for extension; three days to decide (TTLT 01/2017 Art 11(2)). */
export class ExtensionRequestReceived {
  static readonly type = 'ExtensionRequestReceived';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() requestId!: string;
  @IsUUID() tipId!: string;
  @IsISO8601() requestedAt!: string;
  @IsOptional() @IsString() reason?: string;
  @IsString() unitCode!: string;
  @IsString() supervisedBy!: string;
  @Matches(LEGAL_DATE) termEndsOn!: string;
  @ValidateNested() @Type(() => RegisterNumber) registerNumber!: RegisterNumber;
  @IsOptional() @IsIn(CATEGORIES) category?: Category;
}
