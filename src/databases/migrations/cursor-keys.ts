import { grantIfRoleExists } from './grants.ts';

/**
 * The keys of cursors, the same in both databases. A key's id is the second it was made in: an id that nobody knows is
 * then either of a retired key or of one that went with a restored copy.
 */
export const cursorKeys: readonly string[] = [
  /* sql */ `
CREATE TABLE scrollback.cursor_keys (
  id bigint PRIMARY KEY,
  secret bytea NOT NULL
);
INSERT INTO scrollback.cursor_keys (id, secret)
  SELECT floor(extract(epoch FROM clock_timestamp())), cursor_key FROM scrollback.log_identity;
ALTER TABLE scrollback.log_identity DROP COLUMN cursor_key;`,
  /* sql */ `
CREATE FUNCTION scrollback.rotate_cursor_keys(rotate_after interval, lifetime interval) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  newest timestamptz;
BEGIN
  LOCK TABLE scrollback.cursor_keys IN SHARE ROW EXCLUSIVE MODE;
  SELECT to_timestamp(max(id)) INTO newest FROM scrollback.cursor_keys;
  IF newest < now() - rotate_after THEN
    INSERT INTO scrollback.cursor_keys (id, secret) VALUES (
      floor(extract(epoch FROM clock_timestamp())),
      sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')));
  END IF;
  -- A key seals until the next one is made, so its last cursor is as old as that one.
  DELETE FROM scrollback.cursor_keys AS key
  WHERE EXISTS (
    SELECT FROM scrollback.cursor_keys AS later
    WHERE later.id > key.id AND to_timestamp(later.id) < now() - lifetime);
END $$;`,
  'REVOKE ALL ON FUNCTION scrollback.rotate_cursor_keys FROM PUBLIC',
  grantIfRoleExists('scrollback_gateway', [
    'GRANT SELECT ON scrollback.cursor_keys TO scrollback_gateway',
    'GRANT EXECUTE ON FUNCTION scrollback.rotate_cursor_keys TO scrollback_gateway',
  ]),
];
