import { Type } from 'class-transformer';
import { IsISO8601, IsOptional, IsUUID, Matches, ValidateNested } from 'class-validator';
import { LEGAL_DATE } from '../words.js';
import { Decision } from '../values.js';

/** The procuracy extends the investigation term (BLTTHS 172(2)). */
export class InvestigationExtended {
  static readonly type = 'InvestigationExtended';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() caseId!: string;
  @IsISO8601() extendedAt!: string;
  @IsOptional() @Matches(LEGAL_DATE) to?: string;
  @IsOptional() @ValidateNested() @Type(() => Decision) decision?: Decision;
}
