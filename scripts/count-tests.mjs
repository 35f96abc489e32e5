import { readFileSync } from 'node:fs';

/**
 * Prints `N passed, N failed` (and skipped ones, where there are any) from vitest's JSON reports.
 * node scripts/count-tests.mjs <failures that happened outside of the tests> <report>...
 */
const [failuresElsewhere, ...files] = process.argv.slice(2);

/** A suite that did not get as far as a report has failed, whatever the reason. */
const nothing = { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0, numTodoTests: 0, testResults: [] };

function readReport(file) {
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

const reports = files.map(readReport);
const sum = (count) => reports.reduce((total, report) => total + count(report), 0);
const passed = sum((report) => report.numPassedTests);
const skipped = sum((report) => report.numPendingTests + report.numTodoTests);
const failed = sum((report) => report.numFailedTests + brokenFiles(report).length) + Number(failuresElsewhere);

console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
