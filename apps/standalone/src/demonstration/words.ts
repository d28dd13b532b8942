import type { Category } from '@app/contracts';

interface Kind {
  category: Category;
  /** Share of a province's tips, in parts of a hundred. */
  weight: number;
  /** Article, clause, weight. */
  offences: readonly (readonly [article: number, clause: number, weight: number])[];
  contents: readonly string[];
}

/** What tips are about: shares as in published provincial figures, offences with the clauses most often met. */
export const TIP_KINDS_OF_CRIME: readonly Kind[] = [
  {
    category: 'theft',
    weight: 27,
    offences: [
      [173, 1, 75],
      [173, 2, 22],
      [173, 3, 3],
    ],
    contents: [
      'mất xe máy dựng trước {place}',
      'bị lấy trộm điện thoại, tiền tại {place}',
      'kẻ gian đột nhập nhà lấy tài sản tại {place}',
      'mất trộm dây điện, máy bơm tại {place}',
    ],
  },
  {
    category: 'injury',
    weight: 17,
    offences: [
      [134, 1, 45],
      [134, 2, 35],
      [134, 3, 15],
      [134, 4, 5],
    ],
    contents: ['đánh nhau gây thương tích tại {place}', 'bị chém bị thương sau va chạm tại {place}'],
  },
  {
    category: 'fraud',
    weight: 13,
    offences: [
      [174, 1, 45],
      [174, 2, 30],
      [174, 3, 25],
    ],
    contents: [
      'bị lừa chuyển tiền đặt cọc mua đất tại {place}',
      'bị lừa chuyển tiền qua mạng, ngụ tại {place}',
      'bị chiếm đoạt tiền góp hụi tại {place}',
    ],
  },
  {
    category: 'high_tech',
    weight: 9,
    offences: [
      [290, 1, 40],
      [290, 2, 40],
      [290, 3, 20],
    ],
    contents: [
      'bị chiếm quyền tài khoản ngân hàng, ngụ tại {place}',
      'bị giả danh Công an lừa tiền qua điện thoại, {place}',
    ],
  },
  {
    category: 'drugs',
    weight: 11,
    offences: [
      [249, 1, 60],
      [251, 1, 15],
      [251, 2, 10],
      [255, 1, 10],
      [255, 2, 5],
    ],
    contents: ['tụ tập sử dụng trái phép chất ma túy tại {place}', 'tàng trữ chất nghi ma túy tại {place}'],
  },
  {
    category: 'gambling',
    weight: 8,
    offences: [
      [321, 1, 70],
      [321, 2, 15],
      [322, 1, 15],
    ],
    contents: ['tụ điểm đánh bạc tại {place}', 'đá gà ăn tiền tại {place}'],
  },
  {
    category: 'usury',
    weight: 3,
    offences: [
      [201, 1, 80],
      [201, 2, 20],
    ],
    contents: ['cho vay lãi nặng, siết nợ tại {place}', 'bị đe dọa đòi nợ, vay qua ứng dụng, ngụ tại {place}'],
  },
  {
    category: 'social_order',
    weight: 7,
    offences: [
      [318, 1, 60],
      [318, 2, 25],
      [170, 1, 15],
    ],
    contents: ['gây rối trật tự công cộng tại {place}', 'ném chất bẩn, đe dọa gia đình tại {place}'],
  },
  {
    category: 'economic',
    weight: 2,
    offences: [
      [359, 1, 70],
      [356, 1, 30],
    ],
    contents: ['nghi làm giả hồ sơ vay vốn tại {place}', 'bán hàng không rõ nguồn gốc tại {place}'],
  },
  {
    category: 'environment',
    weight: 1,
    offences: [
      [235, 1, 60],
      [243, 1, 40],
    ],
    contents: ['xả thải không phép tại {place}', 'chặt phá rừng tại {place}'],
  },
  {
    category: 'corruption',
    weight: 0.6,
    offences: [
      [353, 1, 60],
      [353, 2, 25],
      [355, 1, 15],
    ],
    contents: ['dấu hiệu tham ô quỹ tại {place}', 'thu chi không đúng quy định tại {place}'],
  },
  {
    category: 'child_abuse',
    weight: 1,
    offences: [
      [146, 1, 60],
      [145, 1, 40],
    ],
    contents: ['nghi xâm hại người dưới 16 tuổi tại {place}'],
  },
  {
    category: 'trafficking',
    weight: 0.4,
    offences: [
      [150, 1, 80],
      [151, 1, 20],
    ],
    contents: ['nghi đưa người qua biên giới trái phép, {place}'],
  },
  {
    category: 'other',
    weight: 1,
    offences: [[260, 1, 1]],
    contents: ['tai nạn giao thông có người bị thương nặng tại {place}'],
  },
];

export const PLACES: readonly string[] = [
  'chợ Long Hoa',
  'bến xe',
  'quốc lộ 22B',
  'khu phố 2',
  'hẻm 12',
  'ấp 3',
  'ấp Tân Lập',
  'khu nhà trọ gần khu công nghiệp',
  'quán cà phê đầu đường',
  'công viên phường',
  'cửa hàng điện máy',
  'trước cổng trường',
];

const FAMILY = ['Nguyễn', 'Trần', 'Lê', 'Phạm', 'Huỳnh', 'Võ', 'Đặng', 'Bùi', 'Đỗ', 'Hồ', 'Ngô', 'Dương'] as const;
const MIDDLE = ['Văn', 'Thị', 'Minh', 'Thanh', 'Ngọc', 'Hoàng', 'Kim', 'Quốc'] as const;
const GIVEN = ['An', 'Bình', 'Châu', 'Dung', 'Em', 'Giàu', 'Hải', 'Kiệt', 'Lan', 'Mai', 'Nhân', 'Phúc', 'Tâm'] as const;

/** A made-up name; all persons of generated registers are invented. */
export function inventedName(pick: <T>(items: readonly T[]) => T): string {
  return `${pick(FAMILY)} ${pick(MIDDLE)} ${pick(GIVEN)}`;
}
