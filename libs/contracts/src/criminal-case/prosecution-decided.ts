import { Type } from 'class-transformer';
import { IsISO8601, IsIn, IsOptional, IsUUID, ValidateNested } from 'class-validator';
import { PROSECUTION_DECISIONS } from '../words.js';
import type { ProsecutionDecision } from '../words.js';
import { Decision } from '../values.js';

/** The procuracy has decided on the file (BLTTHS 240(1)). */
export class ProsecutionDecided {
  static readonly type = 'ProsecutionDecided';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() caseId!: string;
  @IsISO8601() decidedAt!: string;
  @IsIn(PROSECUTION_DECISIONS) decision!: ProsecutionDecision;
  @IsOptional() @ValidateNested() @Type(() => Decision) document?: Decision;
}
