/** Asks the run's main process (global-setup.mjs) for a shared server, which starts it on the first request. */
export async function testServer<T>(name: 'postgres' | 'kafka'): Promise<T> {
  const holder = process.env['TINBAO_TEST_SERVERS'];
  if (!holder) throw new Error('TINBAO_TEST_SERVERS is not set: run specs through jest with jest.config.mjs');
  const response = await fetch(`${holder}/${name}`);
  const body = await response.text();
  if (!response.ok) throw new Error(`the test server ${name} did not start: ${body}`);
  return JSON.parse(body) as T;
}
