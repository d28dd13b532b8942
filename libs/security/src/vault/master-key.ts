import { randomBytes, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, link, mkdir, open, readFile, unlink } from 'node:fs/promises';
import path from 'node:path';
import { KEY_BYTES } from './sealed-box.js';

/** The master key is missing, malformed, or not the one that this database was sealed with. */
export class MasterKeyUnusable extends Error {
  readonly code = 'MasterKeyUnusable';
  constructor(reason: string) {
    super(reason);
    this.name = 'MasterKeyUnusable';
  }
}

const FILE_NAME = 'master.key';

function parse(text: string, origin: string): Buffer {
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== KEY_BYTES) throw new MasterKeyUnusable(`${origin} must hold ${KEY_BYTES} bytes in base64`);
  return key;
}

async function make(file: string): Promise<void> {
  const draft = `${file}.${randomUUID()}`;
  const handle = await open(draft, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
  try {
    await handle.writeFile(`${randomBytes(KEY_BYTES).toString('base64')}\n`);
    // On disk before anything is sealed with it: what a lost key has sealed is lost.
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    // A link never replaces: of several processes starting at once one wins and all use its key.
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
}

/**
 * The key that wraps all others (32 bytes): as configured (base64), otherwise from `<dataDir>/master.key`, which is
 * made at the first start and readable by its owner only. Back it up apart from the database.
 * @throws MasterKeyUnusable
 */
export async function loadMasterKey(dataDir: string, configured?: string): Promise<Buffer> {
  if (configured !== undefined && configured !== '') return parse(configured, 'the configured master key');
  const file = path.join(dataDir, FILE_NAME);
  await mkdir(dataDir, { recursive: true });
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await make(file);
    text = await readFile(file, 'utf8');
  }
  // A copied folder may have come with wider rights.
  await chmod(file, 0o600);
  return parse(text, FILE_NAME);
}
