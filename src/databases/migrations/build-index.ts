/**
 * Statements that build an index on a shared table without blocking its writers, hence outside of a transaction. What an
 * interrupted build leaves behind is invalid, and IF NOT EXISTS would take it for done.
 */
export const buildIndex = (name: string, definition: string): readonly string[] => [
  /* sql */ `DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('public.${name}') AND NOT indisvalid) THEN
      DROP INDEX public.${name};
    END IF;
  END $$`,
  `CREATE INDEX CONCURRENTLY IF NOT EXISTS ${name} ON ${definition}`,
];
