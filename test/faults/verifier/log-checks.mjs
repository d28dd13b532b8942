/** I1 to I4: what the client was told against what the logs hold. */

const serviceOf = (path) => (path.startsWith('/api/cases') ? 'prosecution' : 'intake');
const streamOf = (path, id) => `${path.startsWith('/api/cases') ? 'criminal-case-' : 'crime-tip-'}${id}`;
const numberOf = (value) => (value == null ? undefined : String(value));

/**
 * @param {object} input
 * @param {Awaited<ReturnType<import('./read-databases.mjs').DatabaseReader['read']>>} input.databases
 * @param {ReturnType<typeof import('./journal.mjs').commandsOfClient>} input.commands
 * @returns {{invariant: string, what: string, where: string}[]}
 */
export function checkLogs({ databases, commands }) {
  const faults = [];
  const fault = (invariant, what, where) => faults.push({ invariant, what, where });
  const recorded = new Map();
  const keys = new Map();
  for (const command of commands.values()) keys.set(`${command.by}:${command.key}`, command);
  /** Keys of the two desks that the client plays. */
  const ours = /^(desk|investigator):/;

  for (const [service, log] of Object.entries(databases.logs)) {
    const byPlace = new Map(log.events.map((event) => [`${event.stream} ${event.version}`, event]));
    checkVersions(log.events, service, fault);
    checkNumbers(log, service, fault);
    const covered = new Map();
    for (const row of log.commands) {
      const place = `${service} ${row.key}`;
      if (recorded.has(place)) fault('I4', 'a key was recorded twice', place);
      recorded.set(place, row);
      const command = keys.get(row.key);
      if (ours.test(row.key) && command === undefined && !row.key.includes(':setup-')) {
        fault('I2', 'a command was recorded that nobody had sent', place);
      }
      const transactions = new Set();
      for (let version = row.first_version; version <= row.last_version; version += 1) {
        const event = byPlace.get(`${row.stream} ${version}`);
        if (!event) {
          const invariant = command?.acked ? 'I1' : 'I2';
          fault(invariant, `an event of a recorded command is missing`, `${service} ${row.stream} #${version}`);
          continue;
        }
        transactions.add(event.xid);
        const at = `${row.stream} ${version}`;
        if (covered.has(at)) fault('I4', 'two commands claim one event', `${service} ${at}`);
        covered.set(at, row.key);
      }
      if (transactions.size > 1) fault('I2', 'a command was written in parts', place);
    }
    for (const event of log.events) {
      if (event.meta.source !== 'ui') continue;
      const at = `${event.stream} ${event.version}`;
      if (!covered.has(at))
        fault('I2', `an event has no recorded command`, `${service} ${event.stream} #${event.version}`);
    }
  }
  const received = new Map(
    databases.logs.intake.events.filter(({ version }) => version === 1).map((event) => [event.stream, event]),
  );
  for (const command of commands.values()) checkCommand(command, recorded, received, fault);
  checkOpenings(databases, fault);
  return faults;
}

function checkCommand(command, recorded, received, fault) {
  const { key, by, act, path, acked, refused, gaveUp, repeated, misused } = command;
  const service = serviceOf(path);
  const row = recorded.get(`${service} ${by}:${key}`);
  const where = `${act} ${key}`;
  if (acked) {
    if (!row) {
      fault('I1', 'an acknowledged command is not recorded', where);
      return;
    }
    if (acked.id !== undefined && row.stream !== streamOf(path, acked.id)) {
      fault('I4', 'the answer names another matter than the command changed', `${where}: ${acked.id}, ${row.stream}`);
    }
    for (const answer of repeated) {
      const isSame =
        answer.status < 300 &&
        answer.id === acked.id &&
        numberOf(answer.registerNumber) === numberOf(acked.registerNumber);
      if (!isSame) fault('I4', `the same command again was answered otherwise (${answer.status})`, where);
    }
    for (const answer of misused) {
      if (answer.status !== 422) fault('I4', `a key used for something else was answered ${answer.status}`, where);
    }
    if (act === 'receive') {
      const event = received.get(row.stream);
      const { number, year } = event?.data.registerNumber ?? {};
      if (event && `${number}/${year}` !== acked.registerNumber) {
        fault('I4', `the answer gave number ${acked.registerNumber}, the log holds ${number}/${year}`, where);
      }
    }
  }
  if (refused && row) fault('I4', `a command was refused (${refused.status} ${refused.code}) and yet recorded`, where);
  if (refused && !row)
    fault('I2', `a command that nothing stood against was refused (${refused.status} ${refused.code})`, where);
  if (gaveUp) {
    fault('I1', `no answer in ${gaveUp.at - command.at} ms and ${gaveUp.attempts} tries (last: ${gaveUp.last})`, where);
  }
}

/** I3 */
function checkVersions(events, service, fault) {
  const streams = new Map();
  const ids = new Set();
  for (const { id, stream, version } of events) {
    if (ids.has(id)) fault('I3', 'an event id occurs twice', `${service} ${id}`);
    ids.add(id);
    const versions = streams.get(stream) ?? [];
    versions.push(version);
    streams.set(stream, versions);
  }
  for (const [stream, versions] of streams) {
    // In the log's order they must also be in the stream's.
    const wrong = versions.findIndex((version, index) => version !== index + 1);
    if (wrong >= 0) fault('I3', `version ${versions[wrong]} stands where ${wrong + 1} must`, `${service} ${stream}`);
  }
}

/** Register numbers: 1..n for each unit and year, the series at n. An aborted command gives its number back. */
function checkNumbers({ events, series }, service, fault) {
  const given = new Map();
  for (const { type, data } of events) {
    if (type !== 'CrimeTipReceived') continue;
    const key = `tips/${data.unitCode} ${data.registerNumber.year}`;
    const numbers = given.get(key) ?? [];
    numbers.push(data.registerNumber.number);
    given.set(key, numbers);
  }
  for (const [key, numbers] of given) {
    numbers.sort((a, b) => a - b);
    const wrong = numbers.findIndex((number, index) => number !== index + 1);
    if (wrong >= 0)
      fault('I2', `register number ${numbers[wrong]} stands where ${wrong + 1} must`, `${service} ${key}`);
    const row = series.find(({ series: name, year }) => `${name} ${year}` === key);
    if (row && row.last !== numbers.length)
      fault('I2', `the series says ${row.last}, ${numbers.length} were given`, `${service} ${key}`);
  }
}

/** An initiation opens its case once, whatever was repeated on the way (I4 across services). */
function checkOpenings({ logs }, fault) {
  const opened = new Map();
  const causes = new Set(logs.intake.events.map(({ id }) => id));
  for (const { type, data, meta, stream } of logs.prosecution.events) {
    if (type !== 'CriminalCaseOpened' || meta.source !== 'reaction') continue;
    opened.set(data.caseId, (opened.get(data.caseId) ?? 0) + 1);
    if (!causes.has(meta.causationId)) {
      fault('I2', 'a case was opened for an initiation that is not there', `prosecution ${stream}`);
    }
  }
  for (const { type, data, stream } of logs.intake.events) {
    if (type !== 'CriminalCaseInitiated') continue;
    const count = opened.get(data.caseId) ?? 0;
    if (count === 0) fault('I7', 'an initiation has opened no case', `intake ${stream}`);
    if (count > 1) fault('I4', `an initiation has opened ${count} cases`, `intake ${stream}`);
  }
}
