import { IsInt, IsObject, IsString, IsUUID, ValidateIf } from 'class-validator';

/** A row of an imported case register has been taken; prosecution turns it into a case. */
export class CaseRowImported {
  static readonly type = 'CaseRowImported';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() caseId!: string;
  @IsString() caseNumber!: string;
  @IsString() unitCode!: string;
  @IsInt() year!: number;
  @ValidateIf((_, value) => value !== null) @IsUUID() tipId!: string | null;
  @IsString() supervisedBy!: string;
  @IsObject() row!: Record<string, unknown>;
}
