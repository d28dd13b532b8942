/** The accounts of the evaluation mode, as the start tells them (interfaces: accounts). */
const ACCOUNTS: readonly [account: string, words: string][] = [
  ['canbo', 'cán bộ trực ban tiếp nhận, Công an phường Tân Ninh / intake officer'],
  ['dieutravien', 'Điều tra viên, Công an tỉnh / investigator'],
  ['kiemsatvien', 'Kiểm sát viên, VKSND tỉnh / prosecutor'],
  ['lanhdao', 'lãnh đạo tỉnh / provincial leadership'],
  ['quantri', 'quản trị, nhập dữ liệu / operator'],
  ['kiemtoan', 'kiểm tra truy cập / auditor'],
  ['giunguon', 'giữ hồ sơ người báo tin / custodian of informants'],
];

/** What the start prints below its ready line in evaluation mode: account, password, who it is. */
export function accountsText(): string {
  const lines = ACCOUNTS.map(
    ([account, words]) => `  ${account.padEnd(12)} ${`${account}-demo`.padEnd(18)} ${words}\n`,
  );
  return `Tài khoản thử nghiệm (tên, mật khẩu) / Demonstration accounts (name, password):\n${lines.join('')}`;
}
