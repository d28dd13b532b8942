import { accessSync, constants } from 'node:fs';
import { checkStep, jestStep, TOOLS } from './steps.mjs';

/** The level of a spec is in its file name (docs/style.md); these patterns are the only place that says how. */
const UNIT = '(?<!\\.(int|e2e|browser))\\.spec\\.ts$';
const INTEGRATION = '\\.int\\.spec\\.ts$';
const HTTP = '\\.e2e\\.spec\\.ts$';
const BROWSER = '\\.browser\\.spec\\.ts$';
const ARCHITECTURE = '/test/(architecture|frozen)/';
const JOURNEYS = '/test/(journeys|faults)/';
/** A spec that needs a real Kafka says so in its path. */
const KAFKA = '(kafka|distributed)[^/]*(/.*)?\\.spec\\.ts$';

/** The fast part: everything that needs neither a database, a broker nor a browser. */
export function checkSteps() {
  return [
    checkStep('types', [
      [TOOLS.tsc, '-p', 'tsconfig.json', '--noEmit', '--incremental', '--tsBuildInfoFile', '.cache/types-server.json'],
    ]),
    jestStep('unit', { match: UNIT, except: [ARCHITECTURE], workers: 1, show: false, minutes: 5 }),
    checkStep('types of the web', [
      [
        TOOLS.tsc,
        '-p',
        'apps/web/tsconfig.json',
        '--noEmit',
        '--incremental',
        '--tsBuildInfoFile',
        '.cache/types-web.json',
      ],
    ]),
    checkStep('lint', [
      [
        TOOLS.eslint,
        '.',
        '--max-warnings',
        '0',
        '--cache',
        '--cache-strategy',
        'content',
        '--cache-location',
        '.cache/eslint',
      ],
    ]),
    checkStep('format', [
      [
        TOOLS.prettier,
        '--check',
        '--log-level',
        'warn',
        '--cache',
        '--cache-strategy',
        'content',
        '--cache-location',
        '.cache/prettier',
        '.',
      ],
    ]),
    jestStep('architecture', { match: ARCHITECTURE, workers: 1, show: false, minutes: 5 }),
  ];
}

/** The levels that need servers. `java` and `chromium` say what this machine has. */
export function serverSteps({ java, chromium }) {
  const withoutKafka = java ? [] : [KAFKA];
  return [
    jestStep('integration', { match: INTEGRATION, except: [KAFKA, JOURNEYS], args: ['--forceExit'] }),
    ...(java
      ? [jestStep('carrier: Kafka', { match: `${KAFKA}`, except: [JOURNEYS, BROWSER], args: ['--forceExit'] })]
      : []),
    jestStep('HTTP', { match: HTTP, except: [KAFKA, JOURNEYS], args: ['--forceExit'] }),
    jestStep('journeys', {
      match: `${JOURNEYS}.*\\.spec\\.ts$`,
      except: [...withoutKafka, BROWSER],
      workers: 1,
      args: ['--forceExit'],
    }),
    ...(chromium
      ? [jestStep('browser', { match: BROWSER, except: withoutKafka, workers: 1, args: ['--forceExit'] })]
      : []),
  ];
}

function isRunnable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether a Kafka broker can run here, or one was given by KAFKA_BROKERS. */
export async function hasKafka() {
  if (process.env.KAFKA_BROKERS) return true;
  const { localKafkaMissing } = await import('../../docker/kafka-local/start.mjs');
  return (await localKafkaMissing()) === null;
}

/** Whether a Chromium is here: CHROMIUM names it, or it lies where Debian and others put it. */
export function hasChromium() {
  const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  return [process.env.CHROMIUM, ...places].some((path) => path !== undefined && isRunnable(path));
}
