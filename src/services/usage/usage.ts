import type { Sql } from '../../shared/sql.ts';
import type { Reader } from '../reading/reader.ts';
import { usageOfSessions, usageOfUsers, type Usage, type UsageRow } from './usage-statements.ts';

const nothing: Usage = { sessionCount: 0, messageCount: 0, toolCallCount: 0, tokenCount: 0, lastActivityAt: null };

/** Of one session, deleted or not, as long as the viewer may see it. */
export const usageOfSession = (reader: Reader, sessionId: string): Promise<Usage> =>
  usage(reader, 'usage of sessions', sessionId, (keys) => usageOfSessions(reader.viewer, keys));

/** Of a user's sessions, without deleted ones. */
export const usageOfUser = (reader: Reader, userId: string): Promise<Usage> =>
  usage(reader, 'usage of users', userId, (keys) => usageOfUsers(reader.viewer, keys));

async function usage(
  reader: Reader,
  name: string,
  key: string,
  statement: (keys: readonly string[]) => Sql,
): Promise<Usage> {
  const loader = reader.loader<Usage>(name, async (keys) => {
    const rows = await reader.query<UsageRow>('agentRuntime', statement(keys));
    const byKey = new Map(rows.map(({ key: owner, ...summary }) => [owner, summary]));
    return keys.map((wanted) => byKey.get(wanted) ?? nothing);
  });
  return loader.load(key);
}
