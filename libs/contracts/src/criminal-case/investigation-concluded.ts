import { IsBoolean, IsISO8601, IsUUID } from 'class-validator';

/** The investigation is concluded, proposing prosecution or not (BLTTHS 232-234). */
export class InvestigationConcluded {
  static readonly type = 'InvestigationConcluded';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() caseId!: string;
  @IsISO8601() concludedAt!: string;
  @IsBoolean() proposesProsecution!: boolean;
}
