/**
 * Lets the program that started the distributed system drive drills over its channel to this process: a message
 * `{id, part, act}` (`part` a service or `kafka`, `act` start, stop or kill) is answered `{id, pid}` or `{id, error}`.
 * When the channel ends the system ends, so that a test that was killed leaves nothing behind.
 * @param {Awaited<ReturnType<import('./distributed.mjs').startDistributed>>} system
 * @param {() => void} end
 */
export function obeyDrills(system, end) {
  if (!process.send) return;
  const parts = { ...system.services, ...(system.kafka ? { kafka: system.kafka } : {}) };
  process.on('message', ({ id, part, act }) => {
    const done = ['start', 'stop', 'kill'].includes(act) ? parts[part]?.[act]() : undefined;
    (done ?? Promise.reject(new Error(`no drill ${act} ${part}`))).then(
      () => process.send({ id, pid: parts[part].pid }),
      (error) => process.send({ id, error: error.message }),
    );
  });
  process.once('disconnect', end);
  const all = { ...parts, ...(system.postgres ? { postgres: system.postgres } : {}) };
  process.send({
    ready: {
      url: system.url,
      databaseUrl: system.databaseUrl,
      brokers: system.brokers,
      pids: Object.fromEntries(Object.entries(all).map(([name, { pid }]) => [name, pid])),
    },
  });
}
