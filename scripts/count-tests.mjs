import { readFileSync } from 'node:fs';

/**
 * Prints `N passed, N failed` (and skipped ones, where there are any) from vitest's JSON report.
 * node scripts/count-tests.mjs <report> <failures that happened outside of the tests>
 */
const [file, failuresElsewhere] = process.argv.slice(2);
const nothing = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };

function readReport() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return nothing;
  }
}

/** Files that broke before any of their tests could: they count, although no test of theirs did. */
const brokenFiles = ({ testResults }) =>
  testResults.filter(
    (each) => each.status === 'failed' && !each.assertionResults.some((test) => test.status === 'failed'),
  );

const report = readReport();
const passed = report.numPassedTests;
const skipped = report.numPendingTests + report.numTodoTests;
const failed = report.numFailedTests + brokenFiles(report).length + Number(failuresElsewhere);

console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
