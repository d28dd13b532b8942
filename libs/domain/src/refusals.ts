interface Refusal {
  vi: string;
  en: string;
  cites: readonly string[];
}

/**
 * Every refusal of the register: its code is the rule in the negative, its sentence says what a clerk can do,
 * its articles say why. Facts in braces come from the decision.
 */
export const REFUSALS = {
  ActInFuture: {
    vi: 'Thời điểm {happenedAt} chưa tới: không ghi việc chưa xảy ra. Kiểm tra lại ngày giờ.',
    en: 'The moment {happenedAt} lies in the future: an act is recorded after it happened. Check the date and time.',
    cites: ['TT 28/2020 5(8)'],
  },
  ActBeforeCause: {
    vi: 'Thời điểm {happenedAt} trước khi {causeVi} ({causeAt}): một việc không thể có trước việc làm phát sinh nó.',
    en: 'The moment {happenedAt} is before {causeEn} ({causeAt}): no act comes before its cause.',
    cites: ['TT 28/2020 5(8)'],
  },
  DecisionSignedInFuture: {
    vi: 'Ngày ký {signedOn} chưa tới.',
    en: 'The day of signature {signedOn} lies in the future.',
    cites: ['BLTTHS 132'],
  },
  DecisionSignedBeforeCause: {
    vi: 'Ngày ký {signedOn} trước khi {causeVi} ({causeAt}).',
    en: 'The day of signature {signedOn} is before {causeEn} ({causeAt}).',
    cites: ['BLTTHS 132'],
  },
  DecisionTermReversed: {
    vi: 'Quyết định ghi đến ngày {to} trước từ ngày {from}.',
    en: 'The decision prints an end {to} before its start {from}.',
    cites: ['BLTTHS 134'],
  },
  CrimeTipUnknown: {
    vi: 'Chưa có nguồn tin này trong sổ.',
    en: 'This tip is not in the register.',
    cites: ['TT 28/2020 5(8)'],
  },
  CrimeTipAlreadyReceived: {
    vi: 'Nguồn tin này đã được tiếp nhận ({registerNumber}).',
    en: 'This tip has already been received ({registerNumber}).',
    cites: ['TT 28/2020 5(8)'],
  },
  CrimeTipClosed: {
    vi: 'Nguồn tin đã giải quyết xong ngày {decidedAt}: không làm thêm việc này được.',
    en: 'The tip was resolved on {decidedAt}: this act is no longer possible.',
    cites: ['BLTTHS 147(1)'],
  },
  AlreadyClassified: {
    vi: 'Nguồn tin đã được phân loại lúc {classifiedAt}.',
    en: 'The tip was classified at {classifiedAt}.',
    cites: ['TTLT 01/2017 8(1)'],
  },
  TransferBeforeClassification: {
    vi: 'Phân loại trước rồi mới chuyển: phải xác định thẩm quyền.',
    en: 'Classify first, then transfer: competence must be determined.',
    cites: ['BLTTHS 146(2)', 'TTLT 01/2017 8(1)'],
  },
  TransferToSelf: {
    vi: 'Nơi nhận {toUnit} chính là đơn vị đang giữ nguồn tin.',
    en: 'The receiver {toUnit} is the unit that holds the tip.',
    cites: ['BLTTHS 146(2)'],
  },
  TransferUnacknowledged: {
    vi: 'Nguồn tin đang trên đường chuyển tới {toUnit}, chờ nơi nhận xác nhận.',
    en: 'The tip is on its way to {toUnit}; the receiver has to acknowledge it first.',
    cites: ['BLTTHS 146(2)', 'TTLT 01/2017 8(1)'],
  },
  NothingToAcknowledge: {
    vi: 'Không có việc chuyển nào đang chờ xác nhận.',
    en: 'No transfer is waiting to be acknowledged.',
    cites: ['TTLT 01/2017 8(1)'],
  },
  AcknowledgedByAnotherUnit: {
    vi: 'Chỉ nơi nhận {toUnit} xác nhận được.',
    en: 'Only the receiver {toUnit} can acknowledge.',
    cites: ['TTLT 01/2017 8(1)'],
  },
  AcceptanceBeforeClassification: {
    vi: 'Phân loại trước rồi mới thụ lý.',
    en: 'Classify first, then accept.',
    cites: ['TTLT 01/2017 8(1)', 'TTLT 01/2017 9(1)'],
  },
  AcceptanceByIncompetentBody: {
    vi: 'Đơn vị đã tự xác định không có thẩm quyền: chuyển tới cơ quan có thẩm quyền.',
    en: 'The body classified itself as not competent: transfer to the competent body.',
    cites: ['BLTTHS 145(3)', 'BLTTHS 146(2)'],
  },
  AlreadyAccepted: {
    vi: 'Nguồn tin đã được thụ lý lúc {acceptedAt}.',
    en: 'The tip was accepted at {acceptedAt}.',
    cites: ['TTLT 01/2017 9(1)'],
  },
  NotYetAccepted: {
    vi: 'Cơ quan có thẩm quyền chưa thụ lý nguồn tin.',
    en: 'The competent body has not accepted the tip yet.',
    cites: ['BLTTHS 147(1)', 'TTLT 01/2017 9(1)'],
  },
  CrimeTipSuspended: {
    vi: 'Việc giải quyết đang tạm đình chỉ từ {suspendedAt}: phục hồi trước.',
    en: 'Verification has been suspended since {suspendedAt}: resume it first.',
    cites: ['BLTTHS 148', 'BLTTHS 149(1)'],
  },
  NotSuspended: {
    vi: 'Nguồn tin không ở trạng thái tạm đình chỉ.',
    en: 'The tip is not suspended.',
    cites: ['BLTTHS 149(1)'],
  },
  GroundNotInForce: {
    vi: 'Căn cứ {ground} chỉ có từ ngày {from}.',
    en: 'Ground {ground} exists only since {from}.',
    cites: ['BLTTHS 148(1)', 'Law 02/2021'],
  },
  AlreadyProlonged: {
    vi: 'Thời hạn đã được kéo dài tới hết ngày {to}: phần tiếp theo do Viện kiểm sát gia hạn.',
    en: 'The term is already prolonged to {to}: any further time is for the procuracy to grant.',
    cites: ['BLTTHS 147(2)', 'TTLT 01/2017 11(2)'],
  },
  ProlongationAfterTimeLimit: {
    vi: 'Thời hạn 20 ngày đã hết ({latestArguable}): không kéo dài được nữa, phải ra quyết định giải quyết.',
    en: 'The 20-day term is over ({latestArguable}): it can no longer be prolonged; a decision is due.',
    cites: ['BLTTHS 147(1)', 'BLTTHS 147(2)'],
  },
  ProlongationOfResumedTerm: {
    vi: 'Sau phục hồi chỉ có 01 tháng, luật không cho kéo dài hay gia hạn.',
    en: 'After resumption there is one month only; the law gives no prolongation or extension.',
    cites: ['BLTTHS 149(1)', 'TTLT 01/2017 11(3)'],
  },
  ExtensionBeforeProlongation: {
    vi: 'Thủ trưởng chưa kéo dài thời hạn: gia hạn chỉ tiếp sau thời hạn 02 tháng.',
    en: 'The head has not prolonged the term: the extension follows only the two-month term.',
    cites: ['BLTTHS 147(2)', 'TTLT 01/2017 11(2)'],
  },
  ExtensionAfterTimeLimit: {
    vi: 'Thời hạn đã hết ngày {latestArguable}: không đề nghị gia hạn được nữa.',
    en: 'The term ended on {latestArguable}: an extension can no longer be requested.',
    cites: ['BLTTHS 147(2)'],
  },
  ExtensionAlreadyRequested: {
    vi: 'Đã đề nghị gia hạn ngày {requestedAt}, chờ Viện kiểm sát quyết định.',
    en: 'An extension was requested on {requestedAt}; the procuracy has to decide.',
    cites: ['BLTTHS 147(2)'],
  },
  ExtensionAlreadyGranted: {
    vi: 'Đã gia hạn một lần: luật chỉ cho một lần.',
    en: 'The one extension has been granted; the law allows no second.',
    cites: ['BLTTHS 147(2)'],
  },
  NotAssigned: {
    vi: 'Chưa phân công Điều tra viên.',
    en: 'No investigator has been assigned.',
    cites: ['TTLT 01/2017 9(1)'],
  },
  OffenceClassUnknown: {
    vi: 'Chưa biết loại tội phạm của Điều {article} khoản {clause}: chọn điều, khoản khác hoặc ghi loại tội phạm.',
    en: 'The class of Article {article} clause {clause} is not known: choose another, or give the class.',
    cites: ['BLHS 9'],
  },
  NoticeBeforeAct: {
    vi: 'Chưa có việc phải thông báo ({notice}).',
    en: 'There is nothing to notify of yet ({notice}).',
    cites: ['TTLT 01/2017 14'],
  },
  InformantNotNotified: {
    vi: 'Người báo tin từ chối cho biết danh tính: không có nơi gửi thông báo.',
    en: 'The informant refused identity: there is nobody to notify.',
    cites: ['TT 28/2020 17(1)'],
  },
  ExtensionRequestUnknown: {
    vi: 'Không có đề nghị gia hạn này.',
    en: 'There is no such extension request.',
    cites: ['BLTTHS 147(2)'],
  },
  ExtensionRequestDecided: {
    vi: 'Đề nghị gia hạn đã được quyết định lúc {decidedAt}.',
    en: 'The extension request was decided at {decidedAt}.',
    cites: ['TTLT 01/2017 11(2)'],
  },
  CriminalCaseUnknown: {
    vi: 'Chưa có vụ án này.',
    en: 'There is no such case.',
    cites: ['BLTTHS 154'],
  },
  CriminalCaseAlreadyOpen: {
    vi: 'Vụ án này đã được mở.',
    en: 'This case is already open.',
    cites: ['BLTTHS 154'],
  },
  InvestigationNotRunning: {
    vi: 'Vụ án không ở giai đoạn điều tra.',
    en: 'The case is not under investigation.',
    cites: ['BLTTHS 172', 'BLTTHS 232'],
  },
  InvestigationNotSuspended: {
    vi: 'Việc điều tra không bị tạm đình chỉ.',
    en: 'The investigation is not suspended.',
    cites: ['BLTTHS 235'],
  },
  FileBeforeConclusion: {
    vi: 'Chưa có bản kết luận điều tra đề nghị truy tố: Viện kiểm sát chưa nhận hồ sơ được.',
    en: 'There is no conclusion proposing prosecution: the procuracy cannot receive the file yet.',
    cites: ['BLTTHS 232(4)', 'BLTTHS 238(1)'],
  },
  FileAlreadyReceived: {
    vi: 'Viện kiểm sát đã nhận hồ sơ đầy đủ ngày {receivedAt}.',
    en: 'The procuracy received the complete file on {receivedAt}.',
    cites: ['BLTTHS 238(1)'],
  },
  FileNotReceived: {
    vi: 'Hồ sơ chưa được nhận đầy đủ: thời hạn truy tố chưa chạy.',
    en: 'The complete file has not been received: the prosecution term is not running.',
    cites: ['BLTTHS 238(1)', 'BLTTHS 240(1)'],
  },
  ProsecutionAlreadyExtended: {
    vi: 'Thời hạn quyết định việc truy tố đã được gia hạn.',
    en: 'The prosecution term has already been extended.',
    cites: ['BLTTHS 240(1)'],
  },
  ProsecutionExtensionAfterTimeLimit: {
    vi: 'Thời hạn quyết định việc truy tố đã hết ngày {latestArguable}: không gia hạn được nữa.',
    en: 'The prosecution term ended on {latestArguable}: it can no longer be extended.',
    cites: ['BLTTHS 240(1)'],
  },
  ProsecutionAlreadyDecided: {
    vi: 'Viện kiểm sát đã quyết định lúc {decidedAt}.',
    en: 'The procuracy decided at {decidedAt}.',
    cites: ['BLTTHS 240(1)'],
  },
  ProsecutionNotDecided: {
    vi: 'Chưa có quyết định truy tố.',
    en: 'There is no decision to prosecute.',
    cites: ['BLTTHS 240(1)', 'BLTTHS 244'],
  },
  TooManyReturns: {
    vi: 'Viện kiểm sát đã trả hồ sơ {returns} lần: luật cho nhiều nhất 02 lần.',
    en: 'The procuracy has returned the file {returns} times; the law allows two.',
    cites: ['BLTTHS 174(2)'],
  },
} as const satisfies Record<string, Refusal>;

export type RefusalCode = keyof typeof REFUSALS;
