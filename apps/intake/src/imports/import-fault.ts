interface FaultWords {
  vi: string;
  en: string;
}

/**
 * Everything that can be wrong with a file or a row, in words that tell the person who keeps the file what to
 * correct. Facts in braces come from the row; they never hold the text of a tip or a name.
 */
export const IMPORT_FAULTS = {
  FileEmpty: { vi: 'Tệp không có dòng nào.', en: 'The file is empty.' },
  FileNotUtf8: {
    vi: 'Tệp không phải UTF-8: lưu lại dạng "CSV UTF-8" hoặc XLSX.',
    en: 'The file is not UTF-8: save it again as "CSV UTF-8" or XLSX.',
  },
  FileMalformed: {
    vi: 'Không đọc được tệp từ dòng này: {reason}.',
    en: 'The file cannot be read from this line on: {reason}.',
  },
  FileTypeUnknown: {
    vi: 'Chỉ nhận tệp .csv và .xlsx.',
    en: 'Only .csv and .xlsx files are taken.',
  },
  FileTooLarge: {
    vi: 'Tệp XLSX lớn hơn {limitMegabytes} MB: lưu dạng CSV rồi nhập lại.',
    en: 'The XLSX file is larger than {limitMegabytes} MB: save it as CSV and import again.',
  },
  FileKindUnknown: {
    vi: 'Không nhận ra loại tệp theo tên cột: cần cột của đơn vị, nguồn tin, vụ án hoặc chỉ tiêu báo cáo.',
    en: 'The headings are those of no known file: units, tips, cases or reported indicators.',
  },
  FileKindNotTaken: {
    vi: 'Tệp chỉ tiêu báo cáo được nhận ra nhưng sổ này chưa nhận: chưa dòng nào được ghi.',
    en: 'A file of reported indicators is recognised but not taken by this register yet: no row was written.',
  },
  ColumnMissing: { vi: 'Thiếu cột "{column}".', en: 'The column "{column}" is missing.' },
  ColumnTwice: { vi: 'Cột "{column}" có hai lần.', en: 'The column "{column}" appears twice.' },
  CellCountDiffers: {
    vi: 'Dòng có {cells} ô, tiêu đề có {headings}: có thể thiếu dấu ngoặc kép quanh nội dung.',
    en: 'The row has {cells} cells, the heading {headings}: quotes around a text may be missing.',
  },
  CellMissing: { vi: 'Ô bắt buộc đang trống.', en: 'A required cell is empty.' },
  CellTooLong: { vi: 'Ô dài hơn {limit} ký tự.', en: 'The cell is longer than {limit} characters.' },
  NotADay: {
    vi: '"{value}" không phải ngày: viết 2026-01-05 hoặc 05/01/2026.',
    en: '"{value}" is not a day: write 2026-01-05 or 05/01/2026.',
  },
  NotAMoment: {
    vi: '"{value}" không phải thời điểm: viết 2026-01-05T08:00:00+07:00 hoặc 05/01/2026 08:00.',
    en: '"{value}" is not a moment: write 2026-01-05T08:00:00+07:00 or 05/01/2026 08:00.',
  },
  NotANumber: { vi: '"{value}" không phải số nguyên hợp lệ.', en: '"{value}" is not a valid whole number.' },
  NotARegisterNumber: {
    vi: '"{value}" không phải số sổ: viết 12 hoặc 12/2026.',
    en: '"{value}" is not a register number: write 12 or 12/2026.',
  },
  NotInList: { vi: '"{value}" không có trong danh mục: {allowed}.', en: '"{value}" is not one of: {allowed}.' },
  NotYesOrNo: { vi: '"{value}": viết yes hoặc no.', en: '"{value}": write yes or no.' },
  NotACode: { vi: '"{value}" không phải mã hợp lệ.', en: '"{value}" is not a valid code.' },
  CellNeedsOther: {
    vi: 'Có "{column}" thì phải có "{needs}".',
    en: '"{column}" needs "{needs}".',
  },
  InformantNamedAndRefused: {
    vi: 'Vừa ghi từ chối danh tính vừa ghi tên hoặc số điện thoại: chỉ giữ một.',
    en: 'The informant refused identity and yet a name or phone is given: keep one of the two.',
  },
  ActBeforeCause: {
    vi: '"{column}" ({at}) trước "{cause}" ({causeAt}): một việc không thể có trước việc làm phát sinh nó.',
    en: '"{column}" ({at}) is before "{cause}" ({causeAt}): no act comes before its cause.',
  },
  ActInFuture: {
    vi: '"{column}" ({at}) chưa tới: không nhập việc chưa xảy ra.',
    en: '"{column}" ({at}) lies in the future: only what has happened is imported.',
  },
  TermReversed: {
    vi: '"{column}" ({at}) trước "{cause}" ({causeAt}): thời hạn không kết thúc trước khi bắt đầu.',
    en: '"{column}" ({at}) is before "{cause}" ({causeAt}): a term does not end before it starts.',
  },
  GroundNotInForce: {
    vi: 'Căn cứ {ground} chỉ có từ ngày {from} (Luật 02/2021, BLTTHS 148(1)).',
    en: 'Ground {ground} exists only since {from} (Law 02/2021, BLTTHS 148(1)).',
  },
  UnitUnknown: {
    vi: 'Chưa có đơn vị {unit}: nhập danh sách đơn vị trước.',
    en: 'The unit {unit} is not known: import the units first.',
  },
  ParentUnknown: {
    vi: 'Chưa có đơn vị cấp trên {unit}.',
    en: 'The parent unit {unit} is not known.',
  },
  TipUnknown: {
    vi: 'Không có nguồn tin số {number} của đơn vị {unit} trong sổ.',
    en: 'There is no tip {number} of unit {unit} in the register.',
  },
  TipNotInitiated: {
    vi: 'Nguồn tin số {number} của đơn vị {unit} chưa có quyết định khởi tố.',
    en: 'The tip {number} of unit {unit} has not been initiated.',
  },
  TipAlreadyHasCase: {
    vi: 'Nguồn tin số {number} đã có vụ án khác.',
    en: 'The tip {number} already has another case.',
  },
  FurtherRowWithoutTip: {
    vi: 'Dòng chỉ có tạm đình chỉ, phục hồi nhưng tệp không có nguồn tin số {number}.',
    en: 'The row holds a suspension only, and the file has no tip {number}.',
  },
  FurtherRowRejected: {
    vi: 'Dòng bổ sung bị loại cùng nguồn tin ở dòng {line}.',
    en: 'The further row is rejected with its tip of line {line}.',
  },
  FurtherRowHoldsMore: {
    vi: 'Dòng bổ sung chỉ được có số sổ, đơn vị, tạm đình chỉ, căn cứ và phục hồi.',
    en: 'A further row may hold the register number, unit, suspension, ground and resumption only.',
  },
  RegisterNumberTwice: {
    vi: 'Số {number} của đơn vị {unit} năm {year} đã có ở dòng {line} với nội dung khác.',
    en: 'Number {number} of unit {unit} in {year} is already on line {line} with other content.',
  },
  AlreadyRegisteredOtherwise: {
    vi: 'Số {number} của đơn vị {unit} năm {year} đã có trong sổ với nội dung khác: sổ không bị ghi đè.',
    en: 'Number {number} of unit {unit} in {year} is already registered with other content: nothing is overwritten.',
  },
} as const satisfies Record<string, FaultWords>;

export type ImportFaultCode = keyof typeof IMPORT_FAULTS;

/** Why a row, or a whole file (line 1), was not taken. `code` is ours or that of a refused rule of the domain. */
export interface ImportFault {
  /** Line in the file, the heading being line 1; in XLSX the row of the sheet. */
  line: number;
  column: string | null;
  code: string;
  vi: string;
  en: string;
}

export type FaultFacts = Record<string, string | number>;

/** The fault worded from the catalogue; `{column}` is filled from `column` unless the facts name another. */
export function importFault(
  code: ImportFaultCode,
  line: number,
  column: string | null,
  facts: FaultFacts = {},
): ImportFault {
  const words = IMPORT_FAULTS[code];
  const all: FaultFacts = column === null ? facts : { column, ...facts };
  return { line, column, code, vi: fill(words.vi, all), en: fill(words.en, all) };
}

function fill(sentence: string, facts: FaultFacts): string {
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => String(facts[name] ?? '…'));
}

/** Thrown when a file as a whole cannot be taken; nothing of it has been written. */
export class FileRefused extends Error {
  override readonly name = 'FileRefused';

  constructor(readonly fault: ImportFault) {
    super(`${fault.code}: ${fault.en}`);
  }
}
