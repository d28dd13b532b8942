import { IsBoolean, IsISO8601, IsUUID } from 'class-validator';

/** The procuracy has received the file; the prosecution term starts only if it is complete (BLTTHS 238(1), 240(1)). */
export class CaseFileReceived {
  static readonly type = 'CaseFileReceived';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() caseId!: string;
  @IsISO8601() receivedAt!: string;
  @IsBoolean() complete!: boolean;
  @IsBoolean() conclusionDelivered!: boolean;
}
