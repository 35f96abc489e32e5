import type { Roads } from '../runtime.ts';
import { connected } from './connection.ts';
import { ok, problem, warning, type Finding } from './finding.ts';

/** Looks only: on a database that was never migrated nothing is created. */
export async function checkMigrations({ definition, owner }: Roads, about: string, onStart: boolean): Promise<Finding> {
  const { done, mayCreate } = await connected(owner, async (client) => {
    const { rows } = await client.query<{ there: boolean; mayCreate: boolean }>(
      `SELECT to_regclass('scrollback.migrations') IS NOT NULL AS there, has_database_privilege(current_database(), 'CREATE') AS "mayCreate"`,
    );
    const executed =
      rows[0]?.there === true ? await client.query<{ name: string }>('SELECT name FROM scrollback.migrations') : null;
    return { done: executed?.rows.map(({ name }) => name) ?? [], mayCreate: rows[0]?.mayCreate === true };
  });
  const pending = definition.migrations.map(({ name }) => name).filter((name) => !done.includes(name));
  if (pending.length === 0) return ok(about, `all ${done.length} migrations are done`);
  const list = `${pending.length} migrations are pending (${pending.join(', ')})`;
  if (!mayCreate)
    return problem(
      about,
      `${list}, and the role ${owner.user} may not create anything; migrate as the database's owner.`,
    );
  return onStart
    ? warning(about, `${list}; the next start runs them, or \`scrollback migrate\` does now.`)
    : problem(about, `${list}; run \`scrollback migrate\`.`);
}
