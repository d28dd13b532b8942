import { relative } from 'node:path';

/** Jest reporter: one line per spec file as it ends; scripts/test.mjs prints the failures together at the end. */
export default class LineReporter {
  constructor(globalConfig) {
    this.rootDir = globalConfig.rootDir;
  }

  onTestResult(test, result) {
    const failed = result.numFailingTests + (result.testExecError ? 1 : 0);
    const seconds = ((result.perfStats?.runtime ?? 0) / 1000).toFixed(1);
    const verdict = failed > 0 ? `${failed} FAILED` : 'ok';
    const name = relative(this.rootDir, test.path);
    process.stdout.write(`    ${name}: ${result.numPassingTests} passed, ${verdict} (${seconds} s)\n`);
  }
}
