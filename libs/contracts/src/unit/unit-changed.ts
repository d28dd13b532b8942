import { IsBoolean, IsIn, IsString, Matches, ValidateIf } from 'class-validator';
import { LEGAL_DATE, UNIT_KINDS, UNIT_LEVELS } from '../words.js';
import type { UnitKind, UnitLevel } from '../words.js';

/** An organisation unit's entry has changed; carries the whole new entry. */
export class UnitChanged {
  static readonly type = 'UnitChanged';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsString() code!: string;
  @ValidateIf((_, value) => value !== null) @IsString() parentCode!: string | null;
  @IsIn(UNIT_KINDS) kind!: UnitKind;
  @IsIn(UNIT_LEVELS) level!: UnitLevel;
  @IsString() nameVi!: string;
  @IsString() nameEn!: string;
  @ValidateIf((_, value) => value !== null) @IsString() communeCode!: string | null;
  @IsBoolean() remote!: boolean;
  @Matches(LEGAL_DATE) from!: string;
  @ValidateIf((_, value) => value !== null) @Matches(LEGAL_DATE) to!: string | null;
}
