import { pendingMigrations } from '../pending-migrations.ts';
import type { Roads } from '../runtime.ts';
import { ok, problem, warning, type Finding } from './finding.ts';

export async function checkMigrations({ definition, owner }: Roads, about: string, onStart: boolean): Promise<Finding> {
  const { pending, done, isEmpty, mayCreate } = await pendingMigrations(definition, owner);
  if (pending.length === 0) return ok(about, `all ${done.length} migrations are done`);
  const names = `${pending.length} migrations are pending (${pending.join(', ')})`;
  const list = isEmpty ? `the database is empty: ${names}` : names;
  if (!mayCreate)
    return problem(
      about,
      `${list}, and the role ${owner.user} may not create anything; migrate as the database's owner.`,
    );
  return onStart
    ? warning(about, `${list}; the next start runs them, or \`scrollback migrate\` does now.`)
    : problem(about, `${list}; run \`scrollback migrate\`.`);
}
