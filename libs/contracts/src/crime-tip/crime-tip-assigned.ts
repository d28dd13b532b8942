import { Type } from 'class-transformer';
import { IsISO8601, IsString, IsUUID, ValidateNested } from 'class-validator';
import { Decision } from '../values.js';

/** The head has assigned an investigator (TTLT 01/2017 Art 9(1)). */
export class CrimeTipAssigned {
  static readonly type = 'CrimeTipAssigned';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() tipId!: string;
  @IsISO8601() assignedAt!: string;
  @IsString() investigator!: string;
  @ValidateNested() @Type(() => Decision) decision!: Decision;
}
