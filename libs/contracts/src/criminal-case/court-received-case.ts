import { IsISO8601, IsUUID } from 'class-validator';

/** The court has received the file and indictment. */
export class CourtReceivedCase {
  static readonly type = 'CourtReceivedCase';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() caseId!: string;
  @IsISO8601() receivedAt!: string;
}
