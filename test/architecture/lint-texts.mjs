// Lints the texts given on standard input as if they were the files they name: [[file, text], …] → [[rule, …], …].
// A process of its own, because ESLint loads its configuration by a dynamic import.
import { text } from 'node:stream/consumers';
import { ESLint } from 'eslint';

const cases = JSON.parse(await text(process.stdin));
const eslint = new ESLint();
const answers = [];
for (const [filePath, code] of cases) {
  const [result] = await eslint.lintText(code, { filePath });
  answers.push((result?.messages ?? []).map(({ ruleId, message }) => `${ruleId}: ${message}`));
}
process.stdout.write(JSON.stringify(answers));
