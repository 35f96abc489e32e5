import type { Client } from 'pg';
import { sessionSettings } from '../../databases/session-settings.ts';
import type { Roads } from '../runtime.ts';
import { ok, problem, warning, type Finding } from './finding.ts';
import { neededRights } from './needed-rights.ts';

const oldestVersion = 140_000;
const toleratedMs = 2000;

async function row<Row extends object>(client: Client, text: string, values: unknown[] = []): Promise<Row> {
  const { rows } = await client.query<Row>(text, values);
  const [first] = rows;
  if (first === undefined) throw new Error('the server gave an empty answer');
  return first;
}

export async function checkVersion(client: Client, about: string, { main }: Roads): Promise<Finding> {
  const { version, number, readOnly } = await row<{ version: string; number: number; readOnly: boolean }>(
    client,
    `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
       current_setting('transaction_read_only')::bool AS "readOnly"`,
  );
  const where = `PostgreSQL ${version} at ${main.masked}`;
  if (number < oldestVersion) return problem(about, `${where} is too old; it has to be 14 or newer.`);
  if (readOnly)
    return problem(about, `${where} is read-only here; give the URL of the primary and a role that may write.`);
  return ok(about, where);
}

/** Half of the way there and back is taken for the way back. */
export async function checkClock(client: Client, about: string): Promise<Finding> {
  const asked = Date.now();
  const { now } = await row<{ now: number }>(
    client,
    'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now',
  );
  const difference = Math.round(now - (asked + Date.now()) / 2);
  if (Math.abs(difference) <= toleratedMs) return ok(about, `its clock and ours differ by ${Math.abs(difference)} ms`);
  const direction = difference > 0 ? 'ahead of' : 'behind';
  return warning(
    about,
    `its clock is ${Math.abs(difference) / 1000} s ${direction} ours; run NTP on both machines, or tokens and lifetimes end at the wrong time.`,
  );
}

/** Tables that are not there yet are the migrations' business. */
export async function checkRights(client: Client, about: string, { definition, main }: Roads): Promise<Finding> {
  const wanted = Object.entries(neededRights[definition.name]).flatMap(([table, rights]) =>
    rights.map((right) => ({ table, right })),
  );
  const { rows } = await client.query<{ missing: string }>(
    `SELECT "right" || ' on ' || name AS missing
     FROM unnest($1::text[], $2::text[]) AS wanted (name, "right")
     WHERE to_regclass(name) IS NOT NULL AND NOT CASE "right"
       WHEN 'DELETE' THEN has_table_privilege(to_regclass(name), "right")
       ELSE has_any_column_privilege(to_regclass(name), "right") END`,
    [wanted.map(({ table }) => table), wanted.map(({ right }) => right)],
  );
  if (rows.length === 0) return ok(about, `the role ${main.user} has the rights that serving needs`);
  const missing = rows.map((right) => right.missing);
  const grants = missing.map((right) => `GRANT ${right} TO ${main.user};`).join(' ');
  return problem(about, `the role ${main.user} lacks ${missing.join(', ')}. As the tables' owner: ${grants}`);
}

/** Of settings that a gateway gives its connections itself, which a pooler may take away again. */
export async function checkDefaults(client: Client, about: string, { main }: Roads): Promise<Finding[]> {
  const { rows: others } = await client.query<{ name: string; value: string; wanted: string }>(
    `SELECT name, current_setting(name) AS value, wanted FROM unnest($1::text[], $2::text[]) AS setting (name, wanted)
     WHERE current_setting(name) <> wanted`,
    [Object.keys(sessionSettings), Object.values(sessionSettings)],
  );
  if (others.length === 0) return [];
  const found = others.map(({ name, value }) => `${name} is '${value}'`).join(', ');
  const advice = others.map(({ name, wanted }) => `ALTER ROLE ${main.user} SET ${name} = '${wanted}';`).join(' ');
  return [
    warning(
      about,
      `${found} by default. The gateway's connections have it their own way, but not behind a pooler in transaction mode. Where there is one: ${advice}`,
    ),
  ];
}

/** Prepared transactions that nobody ends hold the locks of their sessions, and the feed of all messages back. */
export async function checkPrepared(client: Client, about: string): Promise<Finding[]> {
  const { names, minutes } = await row<{ names: string[]; minutes: number | null }>(
    client,
    `SELECT coalesce(array_agg(gid ORDER BY prepared), '{}') AS names,
       floor(extract(epoch FROM clock_timestamp() - min(prepared)) / 60)::int AS minutes
     FROM pg_prepared_xacts WHERE database = current_database() AND prepared < clock_timestamp() - interval '1 minute'`,
  );
  if (names.length === 0) return [];
  const text = `${names.length} prepared transactions wait for their end, the oldest for ${minutes} minutes (${names.slice(0, 3).join(', ')}): what they wrote to and the feed of all messages wait with them. COMMIT PREPARED or ROLLBACK PREPARED them.`;
  return [warning(about, text)];
}

export async function checkWalLevel(client: Client, about: string): Promise<Finding> {
  const { level } = await row<{ level: string }>(client, `SELECT current_setting('wal_level') AS level`);
  return ok(
    about,
    level === 'logical'
      ? 'wal_level is logical'
      : `wal_level is ${level}; logical is needed only for following the write-ahead log`,
  );
}
