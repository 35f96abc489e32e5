import { writeFileSync } from 'node:fs';

/** Loaded into a gateway before its program: on SIGUSR2 it collects garbage and writes down what is left, in bytes. */
process.on('SIGUSR2', () => {
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  writeFileSync(`memory-${process.pid}.json`, JSON.stringify(heapUsed + external));
});
