/** What a file holds, recognised by its headings. */
export type FileKind = 'units' | 'tips' | 'cases' | 'reported-indicators';

interface Columns {
  /** Column → Vietnamese labels it may carry instead of its name. */
  labels: Record<string, readonly string[]>;
  /** Columns no other kind of file has: they tell the kind. */
  signature: readonly string[];
  required: readonly string[];
}

/** The import format: column names, their Vietnamese labels and which must be present. */
export const FILE_COLUMNS: Record<FileKind, Columns> = {
  units: {
    signature: ['code', 'name_vi'],
    required: ['code', 'parent_code', 'kind', 'level', 'name_vi', 'name_en', 'from'],
    labels: {
      code: ['Mã đơn vị', 'Mã'],
      parent_code: ['Mã đơn vị cấp trên', 'Mã cấp trên', 'Đơn vị cấp trên'],
      kind: ['Loại', 'Loại đơn vị'],
      level: ['Cấp', 'Cấp đơn vị'],
      name_vi: ['Tên tiếng Việt', 'Tên đơn vị', 'Tên'],
      name_en: ['Tên tiếng Anh'],
      commune_code: ['Mã xã', 'Mã xã, phường', 'Mã địa bàn'],
      remote: ['Vùng xa', 'Vùng sâu, vùng xa', 'Miền núi, hải đảo'],
      from: ['Từ ngày', 'Hiệu lực từ'],
      to: ['Đến ngày', 'Hiệu lực đến'],
    },
  },
  tips: {
    signature: ['register_number', 'received_at'],
    required: ['register_number', 'unit_code', 'kind', 'channel', 'received_at', 'content'],
    labels: {
      register_number: ['Số sổ', 'Số đăng ký', 'Số thụ lý', 'Số thứ tự'],
      unit_code: ['Mã đơn vị', 'Mã đơn vị tiếp nhận', 'Đơn vị tiếp nhận', 'Đơn vị'],
      kind: ['Loại nguồn tin', 'Loại'],
      channel: ['Hình thức tiếp nhận', 'Kênh tiếp nhận', 'Kênh'],
      received_at: ['Thời điểm tiếp nhận', 'Ngày tiếp nhận', 'Tiếp nhận lúc'],
      content: ['Nội dung', 'Tóm tắt nội dung'],
      commune_code: ['Mã xã', 'Mã xã, phường', 'Nơi xảy ra', 'Mã địa bàn'],
      category: ['Nhóm tội phạm', 'Lĩnh vực', 'Nhóm'],
      article: ['Điều', 'Điều luật'],
      clause: ['Khoản'],
      // Ours: needed only for an initiated offence whose class the table of offences does not hold.
      class: ['Loại tội phạm'],
      informant_name: ['Họ tên người báo tin', 'Người báo tin', 'Người tố giác, báo tin', 'Họ tên người tố giác'],
      informant_phone: ['Điện thoại người báo tin', 'Số điện thoại', 'Điện thoại'],
      informant_refused: ['Từ chối danh tính', 'Từ chối cung cấp danh tính'],
      classified_at: ['Thời điểm phân loại', 'Ngày phân loại', 'Phân loại lúc'],
      transferred_at: ['Thời điểm chuyển', 'Ngày chuyển', 'Chuyển lúc'],
      transferred_to: ['Đơn vị nhận chuyển', 'Chuyển đến', 'Nơi nhận'],
      transfer_acknowledged_at: ['Thời điểm xác nhận chuyển', 'Ngày xác nhận', 'Nơi nhận xác nhận lúc'],
      accepted_at: ['Thời điểm thụ lý', 'Ngày thụ lý', 'Thụ lý lúc'],
      assigned_at: ['Thời điểm phân công', 'Ngày phân công', 'Phân công lúc'],
      investigator: ['Điều tra viên', 'Người giải quyết'],
      prolonged_on: ['Ngày kéo dài', 'Ngày quyết định kéo dài'],
      prolonged_to: ['Kéo dài đến', 'Kéo dài đến ngày'],
      extension_requested_on: ['Ngày đề nghị gia hạn'],
      extended_on: ['Ngày gia hạn', 'Ngày quyết định gia hạn'],
      extended_from: ['Gia hạn từ', 'Gia hạn từ ngày'],
      extended_to: ['Gia hạn đến', 'Gia hạn đến ngày'],
      suspended_at: ['Thời điểm tạm đình chỉ', 'Ngày tạm đình chỉ', 'Tạm đình chỉ lúc'],
      suspension_ground: ['Căn cứ tạm đình chỉ', 'Căn cứ'],
      resumed_at: ['Thời điểm phục hồi', 'Ngày phục hồi', 'Phục hồi lúc'],
      decided_at: ['Thời điểm giải quyết', 'Ngày giải quyết', 'Ngày quyết định'],
      outcome: ['Kết quả', 'Kết quả giải quyết'],
      decision_number: ['Số quyết định'],
    },
  },
  cases: {
    signature: ['case_number', 'initiated_at'],
    required: ['case_number', 'unit_code', 'initiated_at', 'category', 'article'],
    labels: {
      case_number: ['Số vụ án', 'Số thụ lý vụ án'],
      unit_code: ['Mã đơn vị', 'Đơn vị', 'Đơn vị thụ lý'],
      tip_register_number: ['Số sổ nguồn tin', 'Nguồn tin số'],
      initiated_at: ['Thời điểm khởi tố', 'Ngày khởi tố'],
      category: ['Nhóm tội phạm', 'Lĩnh vực', 'Nhóm'],
      article: ['Điều', 'Điều luật'],
      clause: ['Khoản'],
      class: ['Loại tội phạm'],
      accused_count: ['Số bị can'],
      juvenile: ['Người dưới 18 tuổi', 'Có người chưa thành niên'],
      shortened: ['Thủ tục rút gọn', 'Rút gọn'],
      investigation_extended_to: ['Gia hạn điều tra đến', 'Gia hạn điều tra đến ngày'],
      investigation_suspended_at: ['Ngày tạm đình chỉ điều tra', 'Thời điểm tạm đình chỉ điều tra'],
      investigation_resumed_at: ['Ngày phục hồi điều tra', 'Thời điểm phục hồi điều tra'],
      concluded_at: ['Ngày kết luận điều tra', 'Thời điểm kết luận điều tra'],
      proposes_prosecution: ['Đề nghị truy tố'],
      file_received_at: ['Ngày nhận hồ sơ', 'Thời điểm nhận hồ sơ'],
      prosecution_extended_on: ['Ngày gia hạn truy tố'],
      prosecution_extended_to: ['Gia hạn truy tố đến', 'Gia hạn truy tố đến ngày'],
      decision: ['Quyết định của Viện kiểm sát', 'Quyết định'],
      decided_at: ['Thời điểm quyết định', 'Ngày quyết định'],
      court_received_at: ['Ngày Tòa án thụ lý', 'Ngày Tòa án nhận hồ sơ'],
      court_decided_at: ['Ngày xét xử', 'Ngày Tòa án quyết định'],
      convicted_same_offence_count: ['Số bị cáo bị kết án đúng tội danh truy tố', 'Kết án đúng tội danh'],
      convicted_other_offence_count: ['Số bị cáo bị kết án tội danh khác', 'Kết án tội danh khác'],
      assets_to_recover: ['Tài sản phải thu hồi'],
      assets_recovered: ['Tài sản đã thu hồi'],
    },
  },
  'reported-indicators': {
    signature: ['indicator', 'period_from'],
    required: ['indicator', 'unit_code', 'period_from', 'period_to', 'value', 'author', 'source', 'reported_on'],
    labels: {
      indicator: ['Chỉ tiêu', 'Mã chỉ tiêu'],
      unit_code: ['Mã đơn vị', 'Đơn vị'],
      period_from: ['Kỳ từ ngày', 'Từ ngày'],
      period_to: ['Kỳ đến ngày', 'Đến ngày'],
      value: ['Giá trị', 'Số liệu'],
      author: ['Người báo cáo', 'Người lập'],
      source: ['Nguồn', 'Nguồn số liệu'],
      reported_on: ['Ngày báo cáo'],
    },
  },
};

/** A heading as compared: lower case, without Vietnamese marks, words apart by one space. */
export function headingKey(heading: string): string {
  return heading
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[đĐ]/g, 'd')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();
}

const keysByKind = new Map<FileKind, Map<string, string>>(
  (Object.keys(FILE_COLUMNS) as FileKind[]).map((kind) => {
    const keys = new Map<string, string>();
    for (const [column, labels] of Object.entries(FILE_COLUMNS[kind].labels)) {
      for (const text of [column, ...labels]) keys.set(headingKey(text), column);
    }
    return [kind, keys];
  }),
);

export interface ResolvedHeadings {
  kind: FileKind;
  /** Column of each heading, in the order of the file; null where the heading is unknown. */
  columns: (string | null)[];
  unknownColumns: string[];
  missing: string[];
  /** Columns named by more than one heading. */
  twice: string[];
}

/**
 * Which file these headings belong to and which column each stands for, by name or Vietnamese label, without regard
 * to case, marks or order. Undefined when they are those of no known file.
 */
export function resolveHeadings(headings: readonly string[]): ResolvedHeadings | undefined {
  const keys = headings.map(headingKey);
  let best: ResolvedHeadings | undefined;
  let bestKnown = 0;
  for (const [kind, { signature, required }] of Object.entries(FILE_COLUMNS) as [FileKind, Columns][]) {
    const columns = keys.map((key) => keysByKind.get(kind)?.get(key) ?? null);
    if (!signature.every((column) => columns.includes(column))) continue;
    const known = columns.filter((column) => column !== null);
    if (known.length <= bestKnown) continue;
    bestKnown = known.length;
    best = {
      kind,
      columns,
      unknownColumns: headings.filter((heading, index) => columns[index] === null && heading.trim() !== ''),
      missing: required.filter((column) => !columns.includes(column)),
      twice: [...new Set(known.filter((column, index) => known.indexOf(column) !== index))],
    };
  }
  return best;
}
