import { cpus, totalmem } from 'node:os';

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

/**
 * The same as a page: what was injected, what was found, red or green.
 * @param {object[]} results
 * @param {{began: Date, command: string}} run
 */
export function pageOf(results, { began, command }) {
  const rows = results.map((result) => {
    const found = INVARIANTS.filter((invariant) => result.violations[invariant]);
    return [
      result.fault,
      result.title,
      result.rounds,
      found.length === 0
        ? '0'
        : `**${found.map((invariant) => `${invariant}: ${result.violations[invariant]}`).join(', ')}**`,
      result.worstRecoveryMs,
      result.worstSettleMs,
      result.slowestAnswerMs,
      result.mostMemoryMb || '',
      result.seed,
      result.seconds ?? '',
    ];
  });
  const red = results.filter(({ examples }) => examples.length > 0);
  const measured = results.filter((result) => result.measured);
  const seeded = results.find(({ fault }) => fault === 'verifier')?.seeded;
  return `# Faults: the last published run

Written by \`${command}\`, also when red. How to read it, what a round is and what the invariants say:
\`test/faults/README.md\`.

${began.toISOString().slice(0, 16).replace('T', ' ')} UTC, ${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}.

| Fault | What | Rounds | Violations | Recovery, worst ms | Settled, worst ms | Answer, slowest ms | Memory, most MB | First seed | s |
|---|---|---:|---|---:|---:|---:|---:|---:|---:|
${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}

Recovery: from the end of the fault (a process is started again, PostgreSQL answers) until everything is ready. Settled: from
the last answer until every topic, checkpoint and read model agrees with the logs. Memory: of one service.
${
  measured.length === 0 ? '' : `\n${measured.map(({ fault, measured: what }) => `- ${fault}: ${what}.`).join('\n')}\n`
}${seeded ? `\nThe verifier was given ${seeded.length} violations made on purpose and found ${seeded.filter(({ isFound }) => isFound).length}.\n` : ''}${
    red.length === 0
      ? ''
      : `\n## Violations\n\n${red
          .map(
            ({ fault, examples, replay }) =>
              `${fault}: ${replay.map((again) => `\`${again}\``).join(', ')}\n\n${examples
                .slice(0, 5)
                .map(({ invariant, what, where }) => `- ${invariant}, ${where}: ${what}`)
                .join('\n')}`,
          )
          .join('\n\n')}\n`
  }`;
}
