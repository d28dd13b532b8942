#!/usr/bin/env node
/** Installs the packages of the lock file when they are missing or out of date; otherwise does nothing, at once. */
import { ensureInstalled } from './support/install.mjs';
import { requireNode } from './support/project.mjs';

requireNode();
try {
  console.log(ensureInstalled({ exact: process.env.CI === 'true' }) ? 'installed' : 'up to date');
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
