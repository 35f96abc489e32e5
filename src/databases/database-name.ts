/** The two databases, named as in the code; in PostgreSQL they are `agent_runtime` and `auth_db`. */
export type DatabaseName = 'agentRuntime' | 'auth';

export const databaseTitles: Readonly<Record<DatabaseName, string>> = {
  agentRuntime: 'The chat database (agent_runtime)',
  auth: 'The identity database (auth_db)',
};
