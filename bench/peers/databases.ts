import pg from 'pg';
import { poolSettings } from './pool-settings.ts';

export type Row = Readonly<Record<string, unknown>>;

export interface Statement {
  readonly name: string;
  readonly text: string;
}

const open = (variable: string): pg.Pool => new pg.Pool({ connectionString: process.env[variable], ...poolSettings });

export const agentRuntime = open('AGENT_RUNTIME_URL');
export const auth = open('AUTH_URL');

/** bigint, which pg leaves as text: numbers of messages fit. */
pg.types.setTypeParser(20, Number);

export async function rowsOf<Result extends Row>(
  pool: pg.Pool,
  statement: Statement,
  values: readonly unknown[],
): Promise<Result[]> {
  return (await pool.query<Result>({ ...statement, values: [...values] })).rows;
}
