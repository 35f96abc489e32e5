/** What went wrong, in PostgreSQL's own words: its last complaint in a log or on standard error, with the hint that follows it. */
export function complaintIn(output: string): string {
  const lines = output.trim().split('\n');
  const [complaint = '', ...after] = lines.slice(
    lines.findLastIndex((line) => /(FATAL|PANIC|ERROR|error):/.test(line)),
  );
  const hint = after.find((line) => /(HINT|hint):/.test(line));
  return withoutPrefix(complaint) + (hint ? ` (${withoutPrefix(hint)})` : '');
}

const withoutPrefix = (line: string): string => line.replace(/^.*?(FATAL|PANIC|ERROR|error|HINT|hint):\s*/, '');

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
