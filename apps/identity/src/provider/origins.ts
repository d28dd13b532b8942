const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/** Origins that the browser may come by: the public one, and on a single machine each name of the machine itself. */
export function webOrigins(publicUrl: string): string[] {
  const url = new URL(publicUrl);
  if (!LOOPBACK.includes(url.hostname)) return [url.origin];
  const port = url.port === '' ? '' : `:${url.port}`;
  return [...new Set([url.origin, ...LOOPBACK.map((host) => `${url.protocol}//${host}${port}`)])];
}

/** The origin a request is answered under: the one it came by when that is ours, otherwise the public one. */
export function answeringOrigin(publicUrl: string, host: string | undefined): URL {
  const known = webOrigins(publicUrl).find((origin) => new URL(origin).host === host?.toLowerCase());
  return new URL(known ?? publicUrl);
}
