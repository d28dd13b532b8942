import type { OpenQuestion, OpenQuestionId } from './rule.js';

/** The open legal questions that touch the rules, with the reading taken and the switch that changes it. */
export const OPEN_QUESTIONS: readonly OpenQuestion[] = [
  {
    id: 'c-1',
    cite: 'BLDS 147; TTLT 04/2018 14',
    question: {
      vi: 'ngày nhận được có tính vào thời hạn theo ngày không?',
      en: 'does the day of the event count in a term of days?',
    },
    readings: {
      vi: 'BLDS 147 không tính ngày đầu; TTLT 04/2018 Điều 14 (ví dụ 1) tính cả hai đầu.',
      en: 'Civil Code 147 leaves the first day out; TTLT 04/2018 Art 14 (example 1) counts both ends.',
    },
    taken: {
      vi: 'không tính, riêng mốc an toàn sớm hơn một ngày.',
      en: 'left out; the safe day is one day earlier.',
    },
    changedBy: { vi: 'readings.startDayCounts của quy tắc', en: 'readings.startDayCounts of the rule' },
  },
  {
    id: 'c-2',
    cite: 'BLTTHS 134.1; BLDS 148.5',
    question: {
      vi: 'hạn theo ngày rơi vào ngày nghỉ có lùi sang ngày làm việc không?',
      en: 'does a term of days that ends on a day off move to the next working day?',
    },
    readings: {
      vi: 'BLTTHS 134.1 đặt câu này ở đoạn về tháng; BLDS 148.5 áp dụng cho mọi thời hạn.',
      en: 'BLTTHS 134.1 has the sentence in the paragraph on months; Civil Code 148(5) rolls every term.',
    },
    taken: {
      vi: 'hạn không lùi, mốc muộn nhất có lùi; không coi là quá hạn trước mốc muộn nhất.',
      en: 'due does not move, the latest arguable day does; never overdue before it.',
    },
    changedBy: { vi: 'readings.rollsDayTerms của quy tắc', en: 'readings.rollsDayTerms of the rule' },
  },
  {
    id: 'c-3',
    cite: 'BLTTHS 147.2; TTLT 01/2017 11.1',
    question: {
      vi: '02 tháng là tổng thời hạn hay cộng thêm vào 20 ngày?',
      en: 'are the two months a total or added to the 20 days?',
    },
    readings: {
      vi: 'TTLT 01/2017 Điều 11.1: không quá 02 tháng kể từ ngày nhận được; lời văn của Bộ luật thoáng hơn.',
      en: 'TTLT 01/2017 Art 11(1): at most two months from receipt; the wording of the Code is looser.',
    },
    taken: { vi: 'tổng cộng kể từ ngày nhận được.', en: 'a total from receipt.' },
    changedBy: { vi: 'prolongation của quy tắc CPC-147-1', en: 'prolongation of rule CPC-147-1' },
  },
  {
    id: 'c-4',
    cite: 'TTLT 01/2017 11.2',
    question: {
      vi: 'gia hạn tính từ ngày hết hạn chưa lùi, đã lùi hay từ ngày quyết định?',
      en: 'does an extension run from the nominal end, the moved end or the decision?',
    },
    readings: {
      vi: 'TTLT 01/2017 Điều 11.2: kể từ ngày hết thời hạn; mẫu 09/HS ghi rõ từ ngày, đến ngày.',
      en: 'TTLT 01/2017 Art 11(2): from the end of the term; form 09/HS prints from and to.',
    },
    taken: {
      vi: 'từ ngày hết hạn chưa lùi; ngày ghi trên quyết định được ưu tiên.',
      en: 'from the nominal end; printed dates win.',
    },
    changedBy: { vi: 'ngày ghi trên quyết định (from, to)', en: 'the printed dates (from, to)' },
  },
  {
    id: 'c-5',
    cite: 'BLTTHS 146.5; TTLT 01/2017 14.1',
    question: {
      vi: 'thông báo tiếp nhận trong 3 ngày hay 3 ngày làm việc?',
      en: 'notice of receipt in 3 days or 3 working days?',
    },
    readings: {
      vi: 'BLTTHS 146.5: 03 ngày; TTLT 01/2017 Điều 14.1: 03 ngày làm việc.',
      en: 'BLTTHS 146.5: 3 days; TTLT 01/2017 Art 14(1): 3 working days.',
    },
    taken: {
      vi: 'nhắc theo ngày, chỉ coi là quá hạn theo ngày làm việc.',
      en: 'alert on calendar days, breach on working days.',
    },
    changedBy: { vi: 'alternative của quy tắc CPC-146-5', en: 'alternative of rule CPC-146-5' },
  },
  {
    id: 'c-6',
    cite: 'TTLT 01/2017 11.1',
    question: {
      vi: 'khi nơi khác nhận tin trước, cơ quan có thẩm quyền nhận được lúc nào?',
      en: 'when does the competent body receive a tip that another body had first?',
    },
    readings: {
      vi: 'TTLT 01/2017 Điều 11.1: cơ quan có thẩm quyền nhận được; thực tiễn chưa thống nhất.',
      en: 'TTLT 01/2017 Art 11(1): received by the competent body; practice is not uniform.',
    },
    taken: {
      vi: 'tính từ khi cơ quan có thẩm quyền nhận, ghi lại lần tiếp nhận đầu tiên.',
      en: 'from receipt by the competent body; the first reception is kept.',
    },
    changedBy: { vi: 'sự kiện CrimeTipAccepted', en: 'the fact CrimeTipAccepted' },
  },
  {
    id: 'c-7',
    cite: 'BLTTHS 37',
    question: {
      vi: 'Trưởng Công an xã là Điều tra viên nhận tin thì đồng hồ có chạy không?',
      en: 'does reception by a commune chief who is an investigator start the clock?',
    },
    readings: {
      vi: 'Điều 37 sửa đổi cho phép khi được phân công; chưa có thông tư.',
      en: 'Art 37 as amended allows it on assignment; no circular yet.',
    },
    taken: {
      vi: 'có, khi Công an xã tự tiếp nhận giải quyết.',
      en: 'yes, when the commune itself takes the tip on.',
    },
    changedBy: { vi: 'sự kiện CrimeTipAccepted', en: 'the fact CrimeTipAccepted' },
  },
  {
    id: 'c-8',
    cite: 'BLTTHS 148.1; TT 28/2020 16.3.b',
    question: {
      vi: 'tạm đình chỉ theo thống nhất mà không có căn cứ Điều 148.1?',
      en: 'suspension by agreement without a ground of Art 148(1)?',
    },
    readings: {
      vi: 'TT 28/2020 Điều 16.3.b nêu trường hợp này; Điều 148.1 liệt kê hết căn cứ.',
      en: 'TT 28/2020 Art 16(3)b describes it; Art 148(1) lists the grounds exhaustively.',
    },
    taken: { vi: 'ghi nhận, đánh dấu không có căn cứ luật.', en: 'kept as data, marked as without statutory ground.' },
    changedBy: { vi: 'ground của sự kiện VerificationSuspended', en: 'ground of the fact VerificationSuspended' },
  },
  {
    id: 'c-9',
    cite: 'BLTTHS 148.1; TTLT 01/2021 3-4',
    question: {
      vi: 'tạm đình chỉ trước khi hết thời hạn?',
      en: 'suspension before the term has run?',
    },
    readings: {
      vi: 'Bộ luật và TTLT 01/2021: chỉ sau khi hết thời hạn; chưa rõ thời hạn nào.',
      en: 'Code and TTLT 01/2021: only after expiry; which term is unclear.',
    },
    taken: { vi: 'ghi nhận và cảnh báo.', en: 'kept, with a warning.' },
    changedBy: { vi: 'không có', en: 'none' },
  },
  {
    id: 'c-10',
    cite: 'BLTTHS 169.5, 239.2',
    question: {
      vi: 'thời gian chuyển hồ sơ có tính vào thời hạn không?',
      en: 'does transit time in a transfer count?',
    },
    readings: {
      vi: 'Điều 169.5: được tính tiếp; không nói trừ ngày đi đường. Truy tố thì tính lại (239.2).',
      en: 'Art 169(5): the term continues; deduction is not mentioned. Prosecution restarts (239(2)).',
    },
    taken: { vi: 'không trừ.', en: 'not deducted.' },
    changedBy: { vi: 'không có', en: 'none' },
  },
  {
    id: 'c-11',
    cite: 'TTLT 01/2017 12',
    question: {
      vi: 'đổi Điều tra viên, nhập nguồn tin có tính lại thời hạn không?',
      en: 'does reassignment or merging restart the term?',
    },
    readings: {
      vi: 'TTLT 01/2017 Điều 12 cho tách; không nói tính lại.',
      en: 'TTLT 12 allows splitting; no restart stated.',
    },
    taken: { vi: 'không tính lại.', en: 'no restart.' },
    changedBy: { vi: 'không có', en: 'none' },
  },
  {
    id: 'c-12',
    cite: 'TTLT 01/2017 8.5.b',
    question: {
      vi: 'khi tin thường trở thành khẩn cấp, 24 giờ tính từ tiếp nhận hay từ lúc chuyển?',
      en: 'when an ordinary tip turns urgent, do the 24 hours run from reception or from the switch?',
    },
    readings: {
      vi: 'từ lúc tiếp nhận ban đầu, hoặc từ lúc có căn cứ khẩn cấp.',
      en: 'from the first reception, or from the grounds for urgency.',
    },
    taken: {
      vi: 'từ lúc tiếp nhận, không sớm hơn lúc chuyển; mốc muộn nhất tính từ lúc chuyển.',
      en: 'from reception, not before the switch; the latest arguable moment counts from the switch.',
    },
    changedBy: { vi: 'sự kiện CrimeTipClassified', en: 'the fact CrimeTipClassified' },
  },
  {
    id: 'c-15',
    cite: 'Law 99/2025, 103/2025, 106/2025, 128/2025',
    question: {
      vi: 'các luật 99/2025, 106/2025, 128/2025, 103/2025 có đổi con số nào không?',
      en: 'do Laws 99/2025, 106/2025, 128/2025, 103/2025 change any number?',
    },
    readings: {
      vi: 'không nguồn nào nói có; chưa đọc văn bản hợp nhất.',
      en: 'no source says so; the consolidated text was not read.',
    },
    taken: { vi: 'không đổi.', en: 'unchanged.' },
    changedBy: { vi: 'thêm dòng quy tắc mới có ngày hiệu lực', en: 'a new dated row of the rule' },
  },
  {
    id: 'c-16',
    cite: 'Law 59/2024 129',
    question: {
      vi: 'một nửa của 3 tháng là bao lâu, và gia hạn có giảm một nửa không?',
      en: 'how long is half of three months, and are extensions halved too?',
    },
    readings: {
      vi: '1 tháng 15 ngày hoặc 45 ngày; gia hạn một nửa hoặc đủ (TTLT 12/2025 chưa đọc).',
      en: '1 month 15 days or 45 days; extensions halved or in full (TTLT 12/2025 not read).',
    },
    taken: {
      vi: '1 tháng 15 ngày, mỗi lần gia hạn một nửa; mốc muộn nhất theo cách hiểu dài hơn.',
      en: '1 month 15 days, each extension halved; the latest arguable day follows the longer reading.',
    },
    changedBy: { vi: 'factor của JJL-129', en: 'factor of JJL-129' },
  },
  {
    id: 'c-17',
    cite: 'BLLĐ 112',
    question: {
      vi: 'thứ Bảy làm bù có là ngày làm việc của cơ quan tố tụng không?',
      en: 'is a swapped Saturday a working day of criminal agencies?',
    },
    readings: {
      vi: 'áp dụng cho công chức nghỉ hai ngày cuối tuần; luật tố tụng không nói.',
      en: 'it applies to civil servants with a two-day weekend; criminal procedure is silent.',
    },
    taken: { vi: 'có.', en: 'yes.' },
    changedBy: { vi: 'workingSaturdays của lịch nghỉ', en: 'workingSaturdays of the calendar' },
  },
  {
    id: 'c-18',
    cite: 'NQ 28/2026/QH16',
    question: { vi: '23/11/2026 có hoán đổi với 24/11 không?', en: 'is 23/11/2026 swapped with 24/11?' },
    readings: { vi: 'không tìm thấy thông báo.', en: 'no announcement found.' },
    taken: { vi: 'không.', en: 'no.' },
    changedBy: { vi: 'phiên bản lịch nghỉ mới', en: 'a new version of the calendar' },
  },
  {
    id: 'c-20',
    cite: 'TT 28/2020 5',
    question: {
      vi: 'tin đến qua bưu điện, thư điện tử, báo chí: 24 giờ tính từ lúc nào?',
      en: 'a tip by post, e-mail or press: from when do the 24 hours run?',
    },
    readings: {
      vi: 'TT 28/2020 Điều 5.4–5.5: từ khi cán bộ tiếp nhận; báo chí: từ khi ghi nhận.',
      en: 'TT 28/2020 Art 5(4)–(5): from reception by the officer; press: from recording.',
    },
    taken: { vi: 'từ lúc vào sổ.', en: 'from entry in the register.' },
    changedBy: { vi: 'at của sự kiện CrimeTipReceived', en: 'at of the fact CrimeTipReceived' },
  },
];

const byId = new Map(OPEN_QUESTIONS.map((question) => [question.id, question]));

/** The open question of that id. */
export function openQuestion(id: OpenQuestionId): OpenQuestion {
  return byId.get(id)!;
}
