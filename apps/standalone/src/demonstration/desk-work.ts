import { HOUR_MS, dayOf, moment } from './local-time.js';
import { DESK, PROVINCE_POLICE } from './province-units.js';

/** A request of a machine client to the running system. */
export type Ask = (
  client: 'desk' | 'investigator',
  path: string,
  body: object,
  idempotencyKey: string,
) => Promise<{ id: string }>;

/** A tip of the last days, with how long ago each act was done; what is absent is still to do. */
interface FreshTip {
  by: 'desk' | 'investigator';
  kind: 'denunciation' | 'report' | 'recommendation';
  channel: string;
  content: string;
  category?: string;
  offence?: { article: number; clause: number };
  informant?: { name: string; phone: string };
  refusedReason?: string;
  receivedHoursAgo: number;
  /** Hours ago, and whether the desk found itself competent. */
  classified?: { hoursAgo: number; competent: boolean; urgent?: boolean };
  receiptSentHoursAgo?: number;
  transferredHoursAgo?: number;
  acknowledgedHoursAgo?: number;
  acceptedHoursAgo?: number;
  assignedHoursAgo?: number;
}

/** What the desks have received in the last days: each shows one of the clocks of reception (TTLT 01/2017 Arts 8, 9, 14). */
const FRESH: readonly FreshTip[] = [
  {
    by: 'desk',
    kind: 'report',
    channel: 'counter',
    content: 'Mất xe máy Wave màu xanh dựng trước nhà trọ, khu phố 2, phát hiện lúc sáng sớm.',
    informant: { name: 'Trần Thị Lan', phone: '0912345601' },
    receivedHoursAgo: 0.6,
  },
  {
    by: 'desk',
    kind: 'report',
    channel: 'phone',
    content: 'Có nhóm người tụ tập đánh bạc ăn tiền trong hẻm 12, nghe tiếng ồn nhiều đêm liền.',
    category: 'gambling',
    refusedReason: 'sợ bị trả thù',
    receivedHoursAgo: 3,
  },
  {
    by: 'desk',
    kind: 'denunciation',
    channel: 'online',
    content: 'Bị lừa chuyển 18 triệu đồng đặt cọc thuê nhà qua mạng xã hội.',
    category: 'fraud',
    offence: { article: 174, clause: 1 },
    informant: { name: 'Lê Minh Châu', phone: '0912345602' },
    receivedHoursAgo: 21.5,
  },
  {
    by: 'desk',
    kind: 'report',
    channel: 'agency',
    content: 'Trạm y tế báo tiếp nhận một người bị thương ở tay nghi do bị đánh.',
    category: 'injury',
    receivedHoursAgo: 27,
  },
  {
    by: 'desk',
    kind: 'denunciation',
    channel: 'counter',
    content: 'Bị đe dọa, tạt sơn vào nhà để đòi nợ vay lãi cao.',
    category: 'usury',
    offence: { article: 201, clause: 1 },
    informant: { name: 'Võ Văn Hải', phone: '0912345603' },
    receivedHoursAgo: 30,
    classified: { hoursAgo: 26, competent: false },
  },
  {
    by: 'desk',
    kind: 'report',
    channel: 'counter',
    content: 'Cửa hàng điện thoại bị đột nhập trong đêm, mất nhiều máy.',
    category: 'theft',
    offence: { article: 173, clause: 2 },
    informant: { name: 'Phạm Quốc Tâm', phone: '0912345604' },
    receivedHoursAgo: 49,
    classified: { hoursAgo: 44, competent: false },
    receiptSentHoursAgo: 26,
    transferredHoursAgo: 20,
  },
  {
    by: 'desk',
    kind: 'denunciation',
    channel: 'counter',
    content: 'Bị chiếm quyền tài khoản ngân hàng sau khi bấm vào đường dẫn lạ.',
    category: 'high_tech',
    offence: { article: 290, clause: 1 },
    informant: { name: 'Đặng Kim Mai', phone: '0912345605' },
    receivedHoursAgo: 74,
    classified: { hoursAgo: 60, competent: false },
    receiptSentHoursAgo: 50,
    transferredHoursAgo: 41,
  },
  {
    by: 'desk',
    kind: 'report',
    channel: 'phone',
    content: 'Nghi có người tàng trữ chất ma túy tại khu nhà trọ.',
    category: 'drugs',
    offence: { article: 249, clause: 1 },
    refusedReason: 'không muốn nêu tên',
    receivedHoursAgo: 6.2 * 24,
    classified: { hoursAgo: 6 * 24, competent: false },
    receiptSentHoursAgo: 5 * 24,
  },
  {
    by: 'investigator',
    kind: 'recommendation',
    channel: 'agency',
    content: 'Thanh tra tỉnh kiến nghị khởi tố về dấu hiệu tham ô tại một đơn vị sự nghiệp.',
    category: 'corruption',
    offence: { article: 353, clause: 2 },
    receivedHoursAgo: 5,
  },
  {
    by: 'desk',
    kind: 'denunciation',
    channel: 'counter',
    content: 'Bị nhóm thanh niên chặn đánh gây thương tích trên quốc lộ 22B.',
    category: 'injury',
    offence: { article: 134, clause: 2 },
    informant: { name: 'Huỳnh Văn Nhân', phone: '0912345606' },
    receivedHoursAgo: 76,
    classified: { hoursAgo: 70, competent: false, urgent: true },
    receiptSentHoursAgo: 60,
    transferredHoursAgo: 66,
    acknowledgedHoursAgo: 47,
  },
  {
    by: 'desk',
    kind: 'denunciation',
    channel: 'post',
    content: 'Đơn tố giác người quen góp vốn mua đất rồi bỏ đi khỏi địa phương.',
    category: 'fraud',
    offence: { article: 174, clause: 3 },
    informant: { name: 'Bùi Ngọc Dung', phone: '0912345607' },
    receivedHoursAgo: 90,
    classified: { hoursAgo: 80, competent: false },
    receiptSentHoursAgo: 70,
    transferredHoursAgo: 60,
    acknowledgedHoursAgo: 40,
    acceptedHoursAgo: 26,
  },
  {
    by: 'desk',
    kind: 'report',
    channel: 'counter',
    content: 'Nhà dân bị trộm két sắt khi cả gia đình đi vắng.',
    category: 'theft',
    offence: { article: 173, clause: 3 },
    informant: { name: 'Ngô Thanh Bình', phone: '0912345608' },
    receivedHoursAgo: 8 * 24,
    classified: { hoursAgo: 7.5 * 24, competent: false },
    receiptSentHoursAgo: 7 * 24,
    transferredHoursAgo: 6 * 24,
    acknowledgedHoursAgo: 5.5 * 24,
    acceptedHoursAgo: 4.6 * 24,
  },
  {
    by: 'desk',
    kind: 'denunciation',
    channel: 'counter',
    content: 'Bị giật dây chuyền khi đang đi bộ gần chợ Long Hoa.',
    category: 'other',
    offence: { article: 171, clause: 1 },
    informant: { name: 'Hồ Thị An', phone: '0912345609' },
    receivedHoursAgo: 5 * 24,
    classified: { hoursAgo: 4.9 * 24, competent: false, urgent: true },
    receiptSentHoursAgo: 4.5 * 24,
    transferredHoursAgo: 4.8 * 24,
    acknowledgedHoursAgo: 4.5 * 24,
    acceptedHoursAgo: 4 * 24,
    assignedHoursAgo: 2 * 24,
  },
];

/** Number of requests that `doDeskWork` makes, for a progress bar. */
export const DESK_ACTS = FRESH.reduce((sum, tip) => sum + stepsOf(tip, 0).length + 1, 0);

interface Step {
  by: 'desk' | 'investigator';
  act: string;
  body: object;
}

/**
 * The work of the last days, done at the desks themselves. Moments are counted from `nowMs`, and every request has its
 * own key, so that doing it again with the same moment changes nothing.
 */
export async function doDeskWork(ask: Ask, nowMs: number, onDone: () => void): Promise<void> {
  for (const [index, tip] of FRESH.entries()) {
    const { id } = await ask(tip.by, '/api/tips', receptionOf(tip, nowMs), `demonstration-${index}`);
    onDone();
    for (const { by, act, body } of stepsOf(tip, nowMs)) {
      await ask(by, `/api/tips/${id}/${act}`, body, `demonstration-${index}-${act}`);
      onDone();
    }
  }
}

function ago(nowMs: number, hours: number): string {
  return moment(nowMs - Math.round(hours * HOUR_MS));
}

function receptionOf(tip: FreshTip, nowMs: number): object {
  return {
    kind: tip.kind,
    channel: tip.channel,
    receivedAt: ago(nowMs, tip.receivedHoursAgo),
    content: tip.content,
    unitCode: tip.by === 'desk' ? DESK : PROVINCE_POLICE,
    ...(tip.by === 'desk' ? { communeCode: '25459' } : {}),
    ...(tip.category === undefined ? {} : { category: tip.category }),
    ...(tip.offence === undefined ? {} : { offence: tip.offence }),
    ...(tip.informant === undefined ? {} : { informant: tip.informant }),
    ...(tip.refusedReason === undefined ? {} : { informantRefusedIdentity: { reason: tip.refusedReason } }),
  };
}

/** The acts after reception, in the order of time. */
function stepsOf(tip: FreshTip, nowMs: number): Step[] {
  const { classified } = tip;
  const steps: { hoursAgo: number; step: Step }[] = [];
  const add = (hoursAgo: number | undefined, by: Step['by'], act: string, body: object): void => {
    if (hoursAgo !== undefined)
      steps.push({ hoursAgo, step: { by, act, body: { ...body, happenedAt: ago(nowMs, hoursAgo) } } });
  };
  if (classified) {
    add(classified.hoursAgo, tip.by, 'classify', {
      competent: classified.competent,
      urgent: classified.urgent ?? false,
      category: tip.category ?? 'other',
      ...(tip.offence === undefined ? {} : { offence: tip.offence }),
      signsOfCrime: true,
    });
  }
  add(tip.receiptSentHoursAgo, tip.by, 'send-notice', { notice: 'receipt', recipient: 'procuracy' });
  add(tip.transferredHoursAgo, tip.by, 'transfer', {
    toUnit: PROVINCE_POLICE,
    reason: 'Thuộc thẩm quyền Cơ quan CSĐT',
  });
  add(tip.acknowledgedHoursAgo, 'investigator', 'acknowledge-transfer', {});
  add(tip.acceptedHoursAgo, 'investigator', 'accept', {});
  add(tip.assignedHoursAgo, 'investigator', 'assign', {
    investigator: 'dieutravien',
    decision: {
      number: '128/QĐ-ĐTTH',
      signedOn: dayOf(nowMs - (tip.assignedHoursAgo ?? 0) * HOUR_MS),
      signer: 'Phó Thủ trưởng Cơ quan CSĐT',
    },
  });
  return steps.sort((left, right) => right.hoursAgo - left.hoursAgo).map(({ step }) => step);
}
