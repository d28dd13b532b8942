import { LawDocument, LEGAL_DATE } from '@app/contracts';
import { isLegalDate } from '@app/legal-time-limits';
import { Type } from 'class-transformer';
import { IsInt, IsString, Length, Matches, Min, ValidateBy, ValidateNested } from 'class-validator';

/** A real legal day, `YYYY-MM-DD`. */
export const IsLegalDay = (): PropertyDecorator =>
  ValidateBy(
    { name: 'isLegalDay', validator: { validate: (value) => typeof value === 'string' && isLegalDate(value) } },
    { message: '$property phải là ngày có thật, dạng YYYY-MM-DD | $property must be a real day, YYYY-MM-DD' },
  );

export class DocumentBody extends LawDocument {
  @IsLegalDay() declare signedOn: string;
}

/** What every draft of the law states. */
export class AnnouncementBody {
  @ValidateNested() @Type(() => DocumentBody) document!: DocumentBody;
  @Matches(LEGAL_DATE) @IsLegalDay() announcedOn!: string;
}

/** Why it is published, and what the operator has seen and confirms. */
export class ConfirmationBody {
  @IsString() @Length(10, 1000) reason!: string;
  /** `basedOn` of the preview. */
  @IsInt() @Min(0) basedOn!: number;
  /** `moves` of the preview: the number of open duties that move. */
  @IsInt() @Min(0) confirmedMoves!: number;
}
