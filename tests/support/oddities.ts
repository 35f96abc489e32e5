import type { TestDatabases } from './databases.ts';

/** What no writer should have written and some did: values that the contract has no words for, and the limits of those it has. */
export async function oddities(test: TestDatabases): Promise<void> {
  const { agentRuntime } = test.service;
  await agentRuntime.query(`
    INSERT INTO sessions (id, title, user_id, tenant_id, created_at, last_activity, metadata, lifetime_seconds) VALUES
      ('odd-anna', E'Quotes " and \\\\ and \\n and 🦊', 'anna', 'default', '0099-01-01T10:00:00.1Z', 'infinity', '[1, 1.50, 12345678901234567890]', NULL),
      ('old-anna', '', 'anna', 'default', '0044-03-15T10:00:00Z BC', '2026-01-01T10:00:00.123456Z', '"text"', 3600)`);
  // Tables of older services lack the check.
  await agentRuntime.query(`ALTER TABLE messages DROP CONSTRAINT messages_role_check`);
  await agentRuntime.query(`
    INSERT INTO messages (id, session_db_id, role, content, "timestamp", metadata_json, tool_calls, token_count) VALUES
      ('odd-1', 'odd-anna', 'function', 'a role of old', '2026-01-01T10:00:00.999999Z', 'no json', 'no json', 2147483647),
      ('odd-2', 'odd-anna', 'user', E'\\u2028 line', '2026-01-01T10:00:01Z', '[1]', '[null, 5, {"id": 7}]', -1),
      ('odd-3', 'odd-anna', 'assistant', NULL, 'infinity', '{"a": {"b": 1e400}}', '[{"id":"x","function":{"name":"f","arguments":"{\\"n\\": 1}"}}]', NULL),
      ('odd-4', 'odd-anna', 'tool', '{"result": [1, 2]}', '2026-01-01T10:00:03Z', NULL, NULL, NULL)`);
  await agentRuntime.query(`UPDATE messages SET tool_call_id = 'x' WHERE id = 'odd-4'`);
}
