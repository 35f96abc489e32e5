import { raw as fragment, type EntityName, type QueryResult, type RequiredEntityData } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { type Sql, sql } from '../../shared/sql.ts';

/** A condition in SQL as part of what `em.findOne` and its like take; `build` gets the alias of the entity's table. */
export function where(build: (alias: string) => Sql): Record<symbol, []> {
  const parameters = build('unused').values;
  return { [fragment((alias: string) => build(alias).sql, parameters)]: [] };
}

/** Runs a statement inside the transaction. Lists are spelled out with `join`: values travel as literals here. */
export function run<Row extends object>(em: EntityManager, statement: Sql): Promise<Row[]> {
  return em.execute<Row[]>(statement.sql, statement.values);
}

/** Inserts a row unless one with the same unique key is there; waits for a concurrent transaction that inserts it. */
export async function insertIfNew<Entity extends object>(
  em: EntityManager,
  entity: EntityName<Entity>,
  row: RequiredEntityData<Entity>,
): Promise<boolean> {
  const insert = em.createQueryBuilder(entity).insert(row).onConflict().ignore();
  const result = (await insert.execute('run')) as QueryResult;
  return result.affectedRows > 0;
}

/** The database's clock, read after locks are held: every gateway goes by the same one. */
export async function databaseNow(em: EntityManager): Promise<Date> {
  const [row] = await run<{ now: number }>(
    em,
    sql`SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now`,
  );
  if (row === undefined) throw new Error('the database did not tell the time');
  return new Date(row.now);
}
