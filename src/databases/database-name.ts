/** The two databases, named as in the code; in PostgreSQL they are `agent_runtime` and `auth_db`. */
export type DatabaseName = 'agentRuntime' | 'auth';

/** As PostgreSQL, logs, metrics and commands call them. */
export const databaseLabels: Readonly<Record<DatabaseName, 'agent_runtime' | 'auth_db'>> = {
  agentRuntime: 'agent_runtime',
  auth: 'auth_db',
};

export const databaseTitles: Readonly<Record<DatabaseName, string>> = {
  agentRuntime: 'The chat database (agent_runtime)',
  auth: 'The identity database (auth_db)',
};
