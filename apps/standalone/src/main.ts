import { openBundle } from './bundle.js';

interface Program {
  runProgram(): Promise<void>;
}

// The same program, from a few files where the build has put it together, and module by module where it has not.
// `--enable-source-maps` asks for places in the sources, which the bundle cannot tell.
const bundle = process.sourceMapsEnabled ? undefined : openBundle(new URL('../../../', import.meta.url));
const program = bundle?.load('program.cjs') as Program | undefined;
const { runProgram } = program ?? ((await import('./program.js')) satisfies Program);
await runProgram();
// What V8 has compiled is kept for the next start. The first pages and sign-ins come first: what they need is worth
// keeping too. A program that ends sooner keeps what it has.
setTimeout(() => bundle?.keepCode(), 10_000).unref();
process.once('exit', (code) => {
  if (code === 0) bundle?.keepCode();
});
