import type { CrimeClass } from '@app/contracts';

/** Words in both languages of the register. */
export interface OffenceWords {
  vi: string;
  en: string;
}

/** A clause of an offence: its bracket of punishment (khung hình phạt) and the class that the bracket's maximum gives it. */
export interface OffenceClause {
  clause: number;
  class: CrimeClass;
  /** In the words of the Code, for example `2 năm – 7 năm tù`. */
  bracket: string;
  bracketEn: string;
}

/** An offence of the Penal Code (Bộ luật Hình sự 2015). */
export interface OffenceEntry {
  article: number;
  name: OffenceWords;
  clauses: readonly OffenceClause[];
}

/**
 * Bracket as the table writes it: 'MIN-MAX' in years ('6m' = six months), then '+life', '+death';
 * 'fine' for clauses without prison or with a fine before it.
 */
type Row = readonly [clause: number, bracket: string, crimeClass: CrimeClass];

function bracketWords(bracket: string): OffenceWords {
  const vi: string[] = [];
  const en: string[] = [];
  for (const part of bracket.split('+')) {
    const range = /^(\d+)(m?)-(\d+)$/.exec(part);
    if (range) {
      const [, low, months, high] = range;
      vi.push(`${low} ${months ? 'tháng' : 'năm'} – ${high} năm tù`);
      en.push(`${low} ${months ? 'months' : 'years'} – ${high} years in prison`);
    } else if (/^\d+$/.test(part)) {
      vi.push(`${part} năm tù`);
      en.push(`${part} years in prison`);
    } else {
      vi.push(
        { life: 'chung thân', death: 'tử hình', fine: 'phạt tiền', reform: 'cải tạo không giam giữ' }[part] ?? part,
      );
      en.push({ life: 'life', death: 'death', fine: 'fine', reform: 'non-custodial reform' }[part] ?? part);
    }
  }
  return { vi: vi.join(', '), en: en.join(', ') };
}

function offence(article: number, vi: string, en: string, clauses: readonly Row[]): OffenceEntry {
  return {
    article,
    name: { vi, en },
    clauses: clauses.map(([clause, bracket, crimeClass]) => {
      const { vi: words, en: bracketEn } = bracketWords(bracket);
      return { clause, class: crimeClass, bracket: words, bracketEn };
    }),
  };
}

/**
 * Offences with clause, bracket and class. The class follows the maximum of the clause's bracket (Penal Code Art 9):
 * up to 3 years IT, up to 7 NT, up to 15 RNT, above DBNT. The text is that before Law 86/2025, whose changes to
 * drugs, environment and corruption articles leave these classes as they are as far as its text is known.
 * The clauses of Article 245 are not in the sources at hand; whoever classifies under it gives the class.
 */
export const OFFENCES: readonly OffenceEntry[] = [
  offence(123, 'Tội giết người', 'Murder', [
    [1, '12-20+life+death', 'DBNT'],
    [2, '7-15', 'RNT'],
    [3, '1-5', 'NT'],
  ]),
  offence(
    134,
    'Tội cố ý gây thương tích hoặc gây tổn hại cho sức khỏe của người khác',
    'Intentional infliction of bodily harm',
    [
      [1, '6m-3', 'IT'],
      [2, '2-6', 'NT'],
      [3, '5-10', 'RNT'],
      [4, '7-14', 'RNT'],
      [5, '12-20+life', 'DBNT'],
      [6, '3m-2', 'IT'],
    ],
  ),
  offence(142, 'Tội hiếp dâm người dưới 16 tuổi', 'Rape of a person under 16', [
    [1, '7-15', 'RNT'],
    [2, '12-20', 'DBNT'],
    [3, '20+life+death', 'DBNT'],
  ]),
  offence(143, 'Tội cưỡng dâm', 'Coerced sexual intercourse', [
    [1, '1-5', 'NT'],
    [2, '3-10', 'RNT'],
    [3, '10-18', 'DBNT'],
    [4, '2-7', 'NT'],
  ]),
  offence(
    144,
    'Tội cưỡng dâm người từ đủ 13 tuổi đến dưới 16 tuổi',
    'Coerced sexual intercourse with a person aged 13 to under 16',
    [
      [1, '5-10', 'RNT'],
      [2, '7-15', 'RNT'],
      [3, '12-20+life', 'DBNT'],
    ],
  ),
  offence(
    145,
    'Tội giao cấu hoặc thực hiện hành vi quan hệ tình dục khác với người từ đủ 13 tuổi đến dưới 16 tuổi',
    'Sexual intercourse with a person aged 13 to under 16',
    [
      [1, '1-5', 'NT'],
      [2, '3-10', 'RNT'],
      [3, '7-15', 'RNT'],
    ],
  ),
  offence(146, 'Tội dâm ô đối với người dưới 16 tuổi', 'Molestation of a person under 16', [
    [1, '6m-3', 'IT'],
    [2, '3-7', 'NT'],
    [3, '7-12', 'RNT'],
  ]),
  offence(147, 'Tội sử dụng người dưới 16 tuổi vào mục đích khiêu dâm', 'Use of a person under 16 for pornography', [
    [1, '6m-3', 'IT'],
    [2, '3-7', 'NT'],
    [3, '7-12', 'RNT'],
  ]),
  offence(150, 'Tội mua bán người', 'Human trafficking', [
    [1, '5-10', 'RNT'],
    [2, '8-15', 'RNT'],
    [3, '12-20', 'DBNT'],
  ]),
  offence(151, 'Tội mua bán người dưới 16 tuổi', 'Trafficking of a person under 16', [
    [1, '7-12', 'RNT'],
    [2, '12-20', 'DBNT'],
    [3, '18-20+life', 'DBNT'],
  ]),
  offence(168, 'Tội cướp tài sản', 'Robbery', [
    [1, '3-10', 'RNT'],
    [2, '7-15', 'RNT'],
    [3, '12-20', 'DBNT'],
    [4, '18-20+life', 'DBNT'],
    [5, '1-5', 'NT'],
  ]),
  offence(169, 'Tội bắt cóc nhằm chiếm đoạt tài sản', 'Kidnapping for ransom', [
    [1, '2-7', 'NT'],
    [2, '5-12', 'RNT'],
    [3, '10-18', 'DBNT'],
    [4, '15-20+life', 'DBNT'],
    [5, '1-5', 'NT'],
  ]),
  offence(170, 'Tội cưỡng đoạt tài sản', 'Extortion', [
    [1, '1-5', 'NT'],
    [2, '3-10', 'RNT'],
    [3, '7-15', 'RNT'],
    [4, '12-20', 'DBNT'],
  ]),
  offence(171, 'Tội cướp giật tài sản', 'Snatching of property', [
    [1, '1-5', 'NT'],
    [2, '3-10', 'RNT'],
    [3, '7-15', 'RNT'],
    [4, '12-20+life', 'DBNT'],
  ]),
  offence(173, 'Tội trộm cắp tài sản', 'Theft', [
    [1, '6m-3', 'IT'],
    [2, '2-7', 'NT'],
    [3, '7-15', 'RNT'],
    [4, '12-20', 'DBNT'],
  ]),
  offence(174, 'Tội lừa đảo chiếm đoạt tài sản', 'Fraudulent appropriation of property', [
    [1, '6m-3', 'IT'],
    [2, '2-7', 'NT'],
    [3, '7-15', 'RNT'],
    [4, '12-20+life', 'DBNT'],
  ]),
  offence(201, 'Tội cho vay lãi nặng trong giao dịch dân sự', 'Usury in civil transactions', [
    [1, 'fine+reform', 'IT'],
    [2, 'fine+6m-3', 'IT'],
  ]),
  offence(235, 'Tội gây ô nhiễm môi trường', 'Causing environmental pollution', [
    [1, '3m-2', 'IT'],
    [2, '1-5', 'NT'],
    [3, '3-7', 'NT'],
  ]),
  offence(236, 'Tội vi phạm quy định về quản lý chất thải nguy hại', 'Breach of hazardous waste rules', [
    [1, '3m-2', 'IT'],
    [2, '2-5', 'NT'],
    [3, '5-10', 'RNT'],
  ]),
  offence(
    237,
    'Tội vi phạm quy định về phòng ngừa, ứng phó, khắc phục sự cố môi trường',
    'Breach of rules on environmental incidents',
    [
      [1, '6m-3', 'IT'],
      [2, '2-7', 'NT'],
      [3, '5-10', 'RNT'],
    ],
  ),
  offence(
    238,
    'Tội vi phạm quy định về bảo vệ an toàn công trình thủy lợi, đê điều và phòng, chống thiên tai',
    'Breach of rules on irrigation works, dykes and natural disasters',
    [
      [1, '3m-2', 'IT'],
      [2, '2-7', 'NT'],
      [3, '5-10', 'RNT'],
    ],
  ),
  offence(239, 'Tội đưa chất thải vào lãnh thổ Việt Nam', 'Bringing waste into Viet Nam', [
    [1, '6m-3', 'IT'],
    [2, '2-7', 'NT'],
    [3, '5-10', 'RNT'],
  ]),
  offence(
    240,
    'Tội làm lây lan dịch bệnh truyền nhiễm nguy hiểm cho người',
    'Spreading dangerous infectious disease among people',
    [
      [1, '1-5', 'NT'],
      [2, '5-10', 'RNT'],
      [3, '10-12', 'RNT'],
    ],
  ),
  offence(
    241,
    'Tội làm lây lan dịch bệnh nguy hiểm cho động vật, thực vật',
    'Spreading dangerous disease among animals or plants',
    [
      [1, '6m-2', 'IT'],
      [2, '2-5', 'NT'],
      [3, '3-7', 'NT'],
    ],
  ),
  offence(242, 'Tội hủy hoại nguồn lợi thủy sản', 'Destruction of aquatic resources', [
    [1, '6m-3', 'IT'],
    [2, '3-5', 'NT'],
    [3, '5-10', 'RNT'],
  ]),
  offence(243, 'Tội hủy hoại rừng', 'Destruction of forests', [
    [1, '1-5', 'NT'],
    [2, '3-7', 'NT'],
    [3, '7-15', 'RNT'],
  ]),
  offence(
    244,
    'Tội vi phạm quy định về bảo vệ động vật nguy cấp, quý, hiếm',
    'Breach of rules on endangered, precious and rare animals',
    [
      [1, '1-5', 'NT'],
      [2, '5-10', 'RNT'],
      [3, '10-15', 'RNT'],
    ],
  ),
  offence(245, 'Tội vi phạm các quy định về quản lý khu bảo tồn thiên nhiên', 'Breach of rules on nature reserves', []),
  offence(246, 'Tội nhập khẩu, phát tán các loài ngoại lai xâm hại', 'Import or release of invasive alien species', [
    [1, '1-5', 'NT'],
    [2, '3-7', 'NT'],
  ]),
  offence(
    247,
    'Tội trồng cây thuốc phiện, cây côca, cây cần sa hoặc các loại cây khác có chứa chất ma túy',
    'Growing plants that contain narcotics',
    [
      [1, '6m-3', 'IT'],
      [2, '3-7', 'NT'],
    ],
  ),
  offence(248, 'Tội sản xuất trái phép chất ma túy', 'Illegal production of narcotics', [
    [1, '2-7', 'NT'],
    [2, '7-15', 'RNT'],
    [3, '15-20', 'DBNT'],
    [4, '20+life+death', 'DBNT'],
  ]),
  offence(249, 'Tội tàng trữ trái phép chất ma túy', 'Illegal possession of narcotics', [
    [1, '1-5', 'NT'],
    [2, '5-10', 'RNT'],
    [3, '10-15', 'RNT'],
    [4, '15-20+life', 'DBNT'],
  ]),
  offence(250, 'Tội vận chuyển trái phép chất ma túy', 'Illegal transport of narcotics', [
    [1, '2-7', 'NT'],
    [2, '7-15', 'RNT'],
    [3, '15-20', 'DBNT'],
    [4, '20+life+death', 'DBNT'],
  ]),
  offence(251, 'Tội mua bán trái phép chất ma túy', 'Illegal trade in narcotics', [
    [1, '2-7', 'NT'],
    [2, '7-15', 'RNT'],
    [3, '15-20', 'DBNT'],
    [4, '20+life+death', 'DBNT'],
  ]),
  offence(252, 'Tội chiếm đoạt chất ma túy', 'Appropriation of narcotics', [
    [1, '1-5', 'NT'],
    [2, '5-10', 'RNT'],
    [3, '10-15', 'RNT'],
    [4, '15-20+life', 'DBNT'],
  ]),
  offence(
    253,
    'Tội tàng trữ, vận chuyển, mua bán hoặc chiếm đoạt tiền chất dùng vào việc sản xuất trái phép chất ma túy',
    'Possession, transport, trade or appropriation of precursors',
    [
      [1, '1-6', 'NT'],
      [2, '6-13', 'RNT'],
      [3, '13-20', 'DBNT'],
      [4, '20+life', 'DBNT'],
    ],
  ),
  offence(
    254,
    'Tội sản xuất, tàng trữ, vận chuyển hoặc mua bán phương tiện, dụng cụ dùng vào việc sản xuất hoặc sử dụng trái phép chất ma túy',
    'Making or trading tools for producing or using narcotics',
    [
      [1, '1-5', 'NT'],
      [2, '5-10', 'RNT'],
    ],
  ),
  offence(255, 'Tội tổ chức sử dụng trái phép chất ma túy', 'Organising illegal use of narcotics', [
    [1, '2-7', 'NT'],
    [2, '7-15', 'RNT'],
    [3, '15-20', 'DBNT'],
    [4, '20+life', 'DBNT'],
  ]),
  offence(256, 'Tội chứa chấp việc sử dụng trái phép chất ma túy', 'Harbouring illegal use of narcotics', [
    [1, '2-7', 'NT'],
    [2, '7-15', 'RNT'],
  ]),
  offence(257, 'Tội cưỡng bức người khác sử dụng trái phép chất ma túy', 'Forcing another to use narcotics', [
    [1, '2-7', 'NT'],
    [2, '7-15', 'RNT'],
    [3, '15-20', 'DBNT'],
    [4, '20+life', 'DBNT'],
  ]),
  offence(258, 'Tội lôi kéo người khác sử dụng trái phép chất ma túy', 'Inducing another to use narcotics', [
    [1, '1-5', 'NT'],
    [2, '5-10', 'RNT'],
    [3, '10-15', 'RNT'],
    [4, '15-20+life', 'DBNT'],
  ]),
  offence(
    259,
    'Tội vi phạm quy định về quản lý chất ma túy, tiền chất, thuốc gây nghiện, thuốc hướng thần',
    'Breach of rules on narcotics, precursors and psychotropic drugs',
    [
      [1, '1-5', 'NT'],
      [2, '5-10', 'RNT'],
    ],
  ),
  offence(260, 'Tội vi phạm quy định về tham gia giao thông đường bộ', 'Breach of road traffic rules', [
    [1, '1-5', 'NT'],
    [2, '3-10', 'RNT'],
    [3, '7-15', 'RNT'],
    [4, '3m-1', 'IT'],
  ]),
  offence(
    290,
    'Tội sử dụng mạng máy tính, mạng viễn thông, phương tiện điện tử thực hiện hành vi chiếm đoạt tài sản',
    'Appropriation of property by computer or telecommunication network',
    [
      [1, '6m-3', 'IT'],
      [2, '2-7', 'NT'],
      [3, '7-15', 'RNT'],
      [4, '12-20', 'DBNT'],
    ],
  ),
  offence(318, 'Tội gây rối trật tự công cộng', 'Disturbing public order', [
    [1, '3m-2', 'IT'],
    [2, '2-7', 'NT'],
  ]),
  offence(321, 'Tội đánh bạc', 'Gambling', [
    [1, '6m-3', 'IT'],
    [2, '3-7', 'NT'],
  ]),
  offence(322, 'Tội tổ chức đánh bạc hoặc gá bạc', 'Organising gambling or running a gambling den', [
    [1, '1-5', 'NT'],
    [2, '5-10', 'RNT'],
  ]),
  offence(353, 'Tội tham ô tài sản', 'Embezzlement', [
    [1, '2-7', 'NT'],
    [2, '7-15', 'RNT'],
    [3, '15-20', 'DBNT'],
    [4, '20+life+death', 'DBNT'],
  ]),
  offence(354, 'Tội nhận hối lộ', 'Taking bribes', [
    [1, '2-7', 'NT'],
    [2, '7-15', 'RNT'],
    [3, '15-20', 'DBNT'],
    [4, '20+life+death', 'DBNT'],
  ]),
  offence(355, 'Tội lạm dụng chức vụ, quyền hạn chiếm đoạt tài sản', 'Appropriation of property by abuse of position', [
    [1, '1-6', 'NT'],
    [2, '6-13', 'RNT'],
    [3, '13-20', 'DBNT'],
    [4, '20+life', 'DBNT'],
  ]),
  offence(356, 'Tội lợi dụng chức vụ, quyền hạn trong khi thi hành công vụ', 'Abuse of position while on duty', [
    [1, '1-5', 'NT'],
    [2, '5-10', 'RNT'],
    [3, '10-15', 'RNT'],
  ]),
  offence(357, 'Tội lạm quyền trong khi thi hành công vụ', 'Exceeding powers while on duty', [
    [1, '1-7', 'NT'],
    [2, '5-10', 'RNT'],
    [3, '10-15', 'RNT'],
    [4, '15-20', 'DBNT'],
  ]),
  offence(358, 'Tội lợi dụng chức vụ, quyền hạn gây ảnh hưởng đối với người khác để trục lợi', 'Trading in influence', [
    [1, '1-6', 'NT'],
    [2, '6-13', 'RNT'],
    [3, '13-20', 'DBNT'],
    [4, '20+life', 'DBNT'],
  ]),
  offence(359, 'Tội giả mạo trong công tác', 'Forgery in office', [
    [1, '1-5', 'NT'],
    [2, '3-10', 'RNT'],
    [3, '7-15', 'RNT'],
    [4, '12-20', 'DBNT'],
  ]),
];

const byArticle = new Map(OFFENCES.map((entry) => [entry.article, entry]));

/** The offence of an article; undefined when the table does not hold it. */
export function offenceOf(article: number): OffenceEntry | undefined {
  return byArticle.get(article);
}

/**
 * Class of an offence by article and clause (Penal Code Art 9). Undefined when the table does not hold the clause,
 * or when no clause is given and the clauses are of different classes.
 */
export function classOfOffence(article: number, clause?: number): CrimeClass | undefined {
  const clauses = byArticle.get(article)?.clauses ?? [];
  if (clause !== undefined) return clauses.find((row) => row.clause === clause)?.class;
  const classes = new Set(clauses.map((row) => row.class));
  return classes.size === 1 ? clauses[0]?.class : undefined;
}

/** Text as typed without Vietnamese marks, in lower case: `Trộm cắp` and `trom cap` compare alike. */
export function withoutMarks(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replace(/[đĐ]/g, 'd').toLowerCase();
}

const searchable = OFFENCES.map((entry) => ({
  entry,
  words: [...withoutMarks(`${entry.name.vi} ${entry.name.en}`).matchAll(/[a-z0-9]+/g)].map(([word]) => word),
}));

/**
 * Offences found by typing: article number or the beginnings of words of either name, with or without marks, in any
 * order. Exact article first, then articles that begin with the digits, then names, each in the order of the Code.
 */
export function searchOffences(typed: string, limit = 20): OffenceEntry[] {
  const wanted = [...withoutMarks(typed).matchAll(/[a-z0-9]+/g)]
    .map(([word]) => word)
    .filter((word) => word !== 'dieu');
  if (wanted.length === 0) return OFFENCES.slice(0, limit);
  const rank = (entry: OffenceEntry, words: readonly string[]): number | undefined => {
    const article = String(entry.article);
    const matches = wanted.every((word) => article.startsWith(word) || words.some((known) => known.startsWith(word)));
    if (!matches) return undefined;
    if (wanted.includes(article)) return 0;
    return wanted.some((word) => article.startsWith(word)) ? 1 : 2;
  };
  return searchable
    .map(({ entry, words }) => ({ entry, order: rank(entry, words) }))
    .filter((found): found is { entry: OffenceEntry; order: number } => found.order !== undefined)
    .sort((left, right) => left.order - right.order || left.entry.article - right.entry.article)
    .slice(0, limit)
    .map(({ entry }) => entry);
}
