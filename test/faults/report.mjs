const INVARIANTS = ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I12', 'I13'];

/** The results as a table of text, one line a fault; a number under an invariant counts its violations. */
export function printTable(results) {
  const rows = [
    ['fault', 'rounds', 'seed', ...INVARIANTS, 'recovery ms', 'settled ms', 'answer ms', 's'],
    ...results.map((result) => [
      result.fault,
      String(result.rounds),
      String(result.seed),
      ...INVARIANTS.map((invariant) => String(result.violations[invariant] ?? 0)),
      String(result.worstRecoveryMs),
      String(result.worstSettleMs),
      String(result.slowestAnswerMs),
      String(result.seconds ?? ''),
    ]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((cell, column) => cell.padStart(widths[column])).join('  ')).join('\n');
}
