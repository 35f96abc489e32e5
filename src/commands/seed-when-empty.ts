import { sql } from '../shared/sql.ts';
import type { Database } from '../databases/database.ts';
import { seedDemo } from '../services/demo/seed-demo.ts';
import type { Log } from '../shared/log.ts';
import type { Runtime } from './runtime.ts';
import { withOwners } from './with-owners.ts';

/** A first start shows something; databases that hold anything at all are left alone. */
export async function seedWhenEmpty(runtime: Runtime, log: Log): Promise<void> {
  const { agentRuntime, auth } = runtime.databases;
  const [noSessions, noUsers] = await Promise.all([isEmpty(agentRuntime, 'sessions'), isEmpty(auth, 'users')]);
  if (!noSessions || !noUsers) return;
  const { sessions, users } = await withOwners(runtime, log, (owners) => seedDemo(owners, new Date()));
  log.info({ sessions, users }, 'filled the empty databases with a small demo');
}

async function isEmpty(database: Database, table: 'sessions' | 'users'): Promise<boolean> {
  const one =
    table === 'sessions'
      ? sql`SELECT 1 AS one FROM public.sessions LIMIT 1`
      : sql`SELECT 1 AS one FROM public.users LIMIT 1`;
  return (await database.query(one)).length === 0;
}
