import { IsInt, IsString, IsUUID } from 'class-validator';

/** The case has its number in the unit's register of cases. */
export class CaseNumberAssigned {
  static readonly type = 'CaseNumberAssigned';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() caseId!: string;
  @IsString() number!: string;
  @IsInt() year!: number;
}
