import { IsInt, IsUUID } from 'class-validator';

/** Assets to recover and recovered, in VND. */
export class AssetsRecorded {
  static readonly type = 'AssetsRecorded';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() caseId!: string;
  @IsInt() toRecover!: number;
  @IsInt() recovered!: number;
}
