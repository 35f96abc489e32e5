/** What of an error goes into the log: enough to find its cause, and nothing that a user has written or that opens a door. */

interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: unknown;
  readonly table?: unknown;
  readonly column?: unknown;
  readonly constraint?: unknown;
  readonly cause?: LoggedError;
}

const maxCauses = 4;
const maxMessage = 300;

export function loggedError(error: unknown, causes = maxCauses): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: masked(String(error)) };
  // PostgreSQL's details, and what else hangs on an error, hold values of rows.
  const { code, table, column, constraint } = error as Error & Record<string, unknown>;
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line));
  return {
    type: error.name,
    message: masked(withoutStatement(error)),
    ...(frames !== undefined && { stack: frames.join('\n') }),
    ...given({ code, table, column, constraint }),
    ...(error.cause !== undefined && causes > 0 && { cause: loggedError(error.cause, causes - 1) }),
  };
}

/** What an error and those that led to it say, the first of them last. */
export function reasonsOf(error: unknown): string {
  const { message, cause } = loggedError(error);
  const messages = [message];
  for (let one = cause; one !== undefined; one = one.cause)
    if (!messages.includes(one.message)) messages.push(one.message);
  return messages.join(': ');
}

const given = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => typeof value === 'string' || typeof value === 'number'),
  );

/** MikroORM puts the whole statement, with its values, before what the driver said. */
function withoutStatement({ message, cause }: Error): string {
  return cause instanceof Error && message.endsWith(cause.message) ? cause.message : message;
}

/** Names of tables, columns and the like, and codes of a few letters; everything else in quotes is somebody's. */
const isName = (text: string): boolean => /^[a-z_][a-z0-9_.]{0,62}$/i.test(text);

/** The apostrophe of "isn't" and "the user's" opens and closes nothing. */
const apostrophe = "(?<=[a-z]{2})'(?=(?:s|t|re|ve|ll|d)(?![a-z]))";
const singleQuoted = new RegExp(`(?!${apostrophe})'(?:[^']|${apostrophe})*'?`, 'gi');

const quoted = (found: string): string => (isName(found.slice(1, -1)) ? found : '"***"');

const masks: readonly [RegExp, (found: string) => string][] = [
  [/\beyJ[\w-]+\.[\w.-]+/g, () => '***'],
  [/\b[a-z][\w+.-]*:\/\/\S*@/gi, (found) => `${found.slice(0, found.indexOf('//'))}//***@`],
  [/[^\s"'<>():/*]+@[^\s"'<>()]+\.[^\s"'<>()]+/g, () => '***'],
  [/\$2[aby]?\$\S+/g, () => '***'],
  [/[\w+/=-]{32,}/g, (found) => (isName(found) && !/\d/.test(found) ? found : '***')],
  [/"[^"]*"?|«[^»]*»?/g, quoted],
  [singleQuoted, quoted],
];

/** A text without what looks like a token, an address with credentials, an e-mail address, a hash, or is quoted from somewhere. */
export const masked = (text: string): string =>
  masks.reduce((masking, [pattern, mask]) => masking.replace(pattern, mask), text).slice(0, maxMessage);
