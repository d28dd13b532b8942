import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SERVICES } from './routes.mjs';

/**
 * What the gateway is told by its environment: `PORT`, `HOST`, `WEB_ROOT`, and one `<SERVICE>_URL` a service.
 * Lists every bad or missing name at once.
 */
export function readConfig(env = process.env) {
  const faults = [];
  const port = Number(env.PORT ?? 8080);
  if (!Number.isInteger(port) || port < 0 || port > 65535) faults.push(`PORT=${env.PORT} is not a port`);
  const services = {};
  for (const service of SERVICES) {
    const name = `${service.toUpperCase()}_URL`;
    const value = env[name];
    if (!value || !URL.canParse(value)) faults.push(`${name} must be the address of the ${service} service`);
    else services[service] = value;
  }
  if (faults.length > 0) throw new Error(`The gateway cannot start:\n${faults.join('\n')}`);
  const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
  return {
    port,
    host: env.HOST ?? '0.0.0.0',
    webRoot: env.WEB_ROOT ?? join(project, 'apps/web/dist'),
    services,
  };
}
