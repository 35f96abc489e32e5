import { sql } from '../../shared/sql.ts';
import { StartupError } from '../../shared/errors.ts';
import type { Database } from '../database.ts';
import { databaseTitles } from '../database-name.ts';
import { viewerRights as agentRuntimeRights } from '../migrations/agent-runtime/12-rights.ts';
import { viewerNumberingRights } from '../migrations/agent-runtime/26-numbering.ts';
import { viewerRights as authRights } from '../migrations/auth/05-rights.ts';
import { giveWay } from '../migrations/give-way.ts';
import { exactRights } from '../migrations/grants.ts';
import { policies } from './policies.ts';
import { viewerRole } from './read-for.ts';

const rights = { agentRuntime: [...agentRuntimeRights, ...viewerNumberingRights], auth: authRights };

/**
 * Switches row-level security on, by the tables' owner. Everybody may see all rows as before, except for the viewer's
 * role: for it a restrictive policy stands before that. So the services that write the tables are not touched by it.
 */
export async function enableRowSecurity(owner: Database): Promise<void> {
  await requireViewerRole(owner);
  const statements = Object.entries(policies[owner.name]).flatMap(([table, condition]) => [
    ...removal(table),
    `CREATE POLICY scrollback_everybody ON ${table} USING (true) WITH CHECK (true)`,
    `CREATE POLICY scrollback_viewer ON ${table} AS RESTRICTIVE FOR SELECT TO ${viewerRole} USING (${condition})`,
    `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
  ]);
  // The migration gives these rights too, where the role was there by then.
  await runAll(owner, [exactRights(viewerRole, rights[owner.name]), ...statements]);
}

export async function disableRowSecurity(owner: Database): Promise<void> {
  const tables = Object.keys(policies[owner.name]);
  await runAll(
    owner,
    tables.flatMap((table) => [...removal(table), `ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY`]),
  );
}

const removal = (table: string): string[] => [
  `DROP POLICY IF EXISTS scrollback_everybody ON ${table}`,
  `DROP POLICY IF EXISTS scrollback_viewer ON ${table}`,
];

/** All tables or none, and never in the way of a service's save for long. */
const runAll = (owner: Database, statements: readonly string[]): Promise<void> =>
  owner.transaction(async (em) => {
    for (const statement of [giveWay, ...statements]) await em.execute(statement);
  });

async function requireViewerRole(owner: Database): Promise<void> {
  const found = await owner.query(sql`SELECT FROM pg_roles WHERE rolname = ${viewerRole}`);
  if (found.length > 0) return;
  throw new StartupError(
    `The role ${viewerRole} is missing: have an administrator of the server run init-db/01-roles.sql, then \`scrollback migrate\`.`,
  );
}

interface Standing {
  readonly open: string[];
  readonly inherits: boolean;
  readonly isMember: boolean;
}

/** Why a gateway that is told to read behind row-level security would not; null where it does. */
export async function rowSecurityProblem(database: Database): Promise<string | null> {
  const [standing] = await database.query<Standing>(sql`
    SELECT ARRAY(
        SELECT name FROM unnest(${Object.keys(policies[database.name])}::text[]) AS name
        WHERE NOT EXISTS (SELECT FROM pg_class AS c JOIN pg_policy AS p ON p.polrelid = c.oid AND p.polname = 'scrollback_viewer'
          WHERE c.oid = to_regclass(name) AND c.relrowsecurity)) AS open,
      EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = ${viewerRole} AND pg_has_role(current_user, r.oid, 'MEMBER')) AS "isMember",
      EXISTS (SELECT FROM pg_roles AS r, pg_roles AS own WHERE r.rolname = ${viewerRole} AND own.rolname = current_user
        AND NOT own.rolsuper AND NOT own.rolbypassrls AND pg_has_role(current_user, r.oid, 'USAGE')) AS inherits`);
  if (standing === undefined) return null;
  const title = databaseTitles[database.name];
  if (standing.open.length > 0) {
    return `${title} has no row-level security on ${standing.open.join(', ')}: run \`scrollback row-security on\`, or set ROW_LEVEL_SECURITY=false.`;
  }
  if (!standing.isMember) return `The gateway's role may not become ${viewerRole}: GRANT ${viewerRole} TO it.`;
  if (standing.inherits) {
    return `The gateway's role inherits from ${viewerRole} and would see nothing itself: ALTER ROLE … NOINHERIT, and grant ${viewerRole} again.`;
  }
  return null;
}
