/** Ends the servers that global-setup.mjs started on request. */
export default async function globalTeardown() {
  await globalThis.__tinbaoTestServers?.();
}
