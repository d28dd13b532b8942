import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { readCliConfig } from './config.js';
import { DONE, MISUSED, Misused, REFUSED, Refused, printError } from './outcome.js';

const DEFAULT_SERVER = 'http://127.0.0.1:8080';

/** Commands load what they need when they run: `limit` must not wait for what only others use. */
function program(finish: (code: number) => void): Command {
  const tinbao = new Command('tinbao')
    .description('Tin Báo: register of crime tips and prosecution recommendations, from the command line')
    .showHelpAfterError('(see --help)')
    .exitOverride();

  mayAskServer(tinbao.command('limit'))
    .description('dates of one rule from one start, and why; by the released law, or by that of a server')
    .argument('<RULE>', 'id of the rule, for example CPC-147-1')
    .requiredOption('--start <WHEN>', 'day (YYYY-MM-DD) or moment (RFC 3339)')
    .option('--class <CLASS>', 'class of the offence: IT, NT, RNT, DBNT')
    .option('--remote', 'remote mountain or island commune')
    .option('--complex', 'complex case')
    .option('--prolonged', "with the head's prolongation (CPC-147-2A)")
    .option('--extensions <N>', 'with the first N extensions by the procuracy', wholeNumber)
    .option('--juvenile', 'an accused is under 18')
    .option('--case-initiated-on <DAY>', 'day of initiation, where it decides the rule')
    .option('--returner <WHO>', 'who returned the file: vks or court')
    .option('--noninitiation', 'the decision is one not to initiate')
    .option('--held-days <N>', 'days held before (CPC-134-CUSTODY)', wholeNumber)
    .option('--months <N>', 'months ordered (CPC-134-CUSTODY)', wholeNumber)
    .option('--on <DAY>', 'rule and calendar as of this day')
    .option('--json', 'print one JSON object')
    .action(async (rule: string, options) => (await import('./commands/limit.js')).limit(rule, withClient(options)));

  mayAskServer(tinbao.command('limits'))
    .description(
      'all obligations that follow from the facts of one matter; by the released law, or by that of a server',
    )
    .requiredOption('--facts <FILE>', 'JSON file {matter, unit, facts}; - reads standard input')
    .option('--now <WHEN>', 'judge lateness from this day or moment')
    .option('--json', 'print one JSON object')
    .action(async (options) => (await import('./commands/limits.js')).limits(withClient(options)));

  onServer(tinbao.command('import'))
    .description('import units, tips and cases (CSV, XLSX) into a running system')
    .argument('<FILE...>', 'files of the import format')
    .option('--dry-run', 'judge every row, write nothing')
    .option('--rejects <FILE>', 'write refused rows with their reasons here (CSV)')
    .option('--json', 'print one JSON object')
    .action(async (files: string[], options) =>
      finish(await (await import('./commands/import.js')).importFiles(files, withClient(options))),
    );

  onServer(tinbao.command('indicators'))
    .description('the official rates of a period, with numerator, denominator and open matters')
    .option('--from <DAY>', 'first day of the period')
    .option('--to <DAY>', 'last day of the period')
    .addOption(new Option('--scheme <SCHEME>', 'period scheme').choices(['A', 'B', 'C']))
    .option('--period <PERIOD>', 'period of the scheme: day, month, half, year')
    .option('--unit <CODE>', 'unit, with all below it')
    .option('--as-of <WHEN>', 'what was known at this moment')
    .option('--json', 'print one JSON object')
    .action(async (options) => (await import('./commands/indicators.js')).indicators(withClient(options)));

  onServer(tinbao.command('status'))
    .description('whether a system is live and ready')
    .option('--json', 'print one JSON object')
    .action(async (options) => finish(await (await import('./commands/status.js')).status(withClient(options))));

  onServer(tinbao.command('rebuild'))
    .description('fold read models anew from the log, beside the live ones, and swap; readers never stop')
    .argument('[CONSUMER...]', 'for example intake.tip-list')
    .option('--all', 'every read model of every service')
    .option('--anew', 'forget what a rebuild that was cut short has done')
    .option('--json', 'print one JSON object')
    .action(async (consumers: string[], options) =>
      finish(await (await import('./commands/rebuild.js')).rebuild(consumers, withClient(options))),
    );

  const parked = tinbao.command('parked').description('streams that wait behind an event that could not be handled');
  onServer(parked.command('list'))
    .description('what waits, and why')
    .option('--consumer <NAME>', 'of this consumer alone')
    .option('--json', 'print one JSON object')
    .action(async (options) => finish(await (await import('./commands/parked.js')).listParked(withClient(options))));
  onServer(parked.command('retry'))
    .description('handle parked streams again, in order')
    .option('--consumer <NAME>', 'of this consumer alone')
    .option('--stream <STREAM>', 'this stream of the consumer alone')
    .option('--all', 'of every consumer')
    .option('--json', 'print one JSON object')
    .action(async (options) => finish(await (await import('./commands/parked.js')).retryParked(withClient(options))));

  onServer(tinbao.command('verify'))
    .description('stream versions without gaps, and every read model beside a fresh fold of the log')
    .option('--json', 'print one JSON object')
    .action(async (options) => finish(await (await import('./commands/verify.js')).verify(withClient(options))));

  for (const command of [...tinbao.commands, ...parked.commands])
    command.exitOverride().showHelpAfterError('(see --help)');
  return tinbao;
}

function onServer(command: Command): Command {
  return command
    .option('--server <URL>', 'address of the running system', DEFAULT_SERVER)
    .option('--client <ID:SECRET>', 'machine client to sign in as (or TINBAO_CLIENT)');
}

function mayAskServer(command: Command): Command {
  return command
    .option('--server <URL>', 'calculate by the law as published on this system; without it by the released law')
    .option('--client <ID:SECRET>', 'machine client to sign in as (or TINBAO_CLIENT)');
}

function withClient<T extends { client?: string }>(options: T): T & { client: string | undefined } {
  return { ...options, client: options.client ?? readCliConfig().client };
}

function wholeNumber(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a whole number is needed');
}

/** Runs a command line (without node and script) and answers its exit code. */
export async function run(argv: readonly string[]): Promise<number> {
  let code = DONE;
  try {
    await program((finished) => {
      code = finished;
    }).parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : MISUSED;
    if (error instanceof Misused) {
      printError(`${error.message}\n(see --help)`);
      return MISUSED;
    }
    if (error instanceof Refused) {
      printError(argv.includes('--json') && error.details ? JSON.stringify(error.details, null, 2) : error.message);
      return REFUSED;
    }
    printError(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return REFUSED;
  }
}
