#!/usr/bin/env node
await import('../../../scripts/cli.mjs');
