import fc from 'fast-check';

const minutes = Number(process.env['FUZZ_MINUTES'] ?? 0);
/** A quick look in CI; `npm run fuzz -- --minutes N` shares its time among the kinds of input. */
const kinds = 7;
const secondsEach = minutes > 0 ? (minutes * 60) / kinds : 2;
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);

export const roundTimeoutMs = secondsEach * 1000 + 60_000;

/** As many inputs as the time allows, counted. What fails is shrunk, and told with the seed that makes it again. */
export async function fuzz<Input>(what: string, property: fc.IAsyncProperty<Input>): Promise<number> {
  const details = await fc.check(property, {
    seed,
    numRuns: 100_000_000,
    plugins: [fc.interruptAfterTimeLimit(secondsEach * 1000)],
  });
  process.stdout.write(`fuzz ${what}: ${details.numRuns} inputs, FUZZ_SEED=${seed}\n`);
  if (details.failed && details.counterexample !== null) {
    const input = JSON.stringify(details.counterexample).slice(0, 5_000);
    throw new Error(`${what}, FUZZ_SEED=${seed}: ${input}`, { cause: details.errorInstance });
  }
  return details.numRuns;
}
