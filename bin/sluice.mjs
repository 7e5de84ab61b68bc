#!/usr/bin/env node
// The command line's first step: plain JavaScript, because the shell's own Node may be too old for TypeScript. Installs
// the dependencies on first use and goes on in `sluice.ts`, in the folder where it was called.

// Ctrl-C is for the process that does the work; this one stays until that has ended.
process.on('SIGINT', () => {});
process.argv.splice(2, 0, 'bin/sluice.ts');
await import('../scripts/with-node.mjs');
