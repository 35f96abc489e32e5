import { afterAll, beforeAll, expect, it } from 'vitest';
import { seededRandom } from '../chaos/random.ts';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { Run } from './run.ts';
import { fillTenants } from './world.ts';

const cases = Number(process.env['ISOLATION_CASES'] ?? 1000);
const seed = Number(process.env['ISOLATION_SEED'] ?? 1);
/** Documents that ask for every field are larger than any client's. */
const roomForWideDocuments = {
  MAX_ALIASES: '0',
  MAX_DUPLICATE_FIELDS: '0',
  MAX_FIELDS: '100000',
  MAX_COST: '1000000000',
};

let test: TestDatabases;
let gateway: TestGateway;

beforeAll(async () => {
  test = await testDatabases();
  await fillTenants(test, seededRandom(seed));
  gateway = await startTestGateway(test, roomForWideDocuments);
});
afterAll(async () => {
  await gateway.stop();
  await test.close();
});

it(
  `nobody sees what is not theirs, on any path: ${cases} cases, seed ${seed}`,
  { timeout: 60_000 + cases * 200 },
  async () => {
    const { leaks, unasked, ...figures } = await new Run(test, gateway, seed).rounds(cases);
    process.stdout.write(`isolation, seed ${seed}: ${JSON.stringify(figures)}, leaks ${leaks.length}\n`);
    expect(leaks.slice(0, 5)).toEqual([]);
    // Fewer cases cannot come by everything.
    expect(cases < 1000 ? [] : unasked).toEqual([]);
  },
);
