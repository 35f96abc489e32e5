import { Migration } from '@mikro-orm/migrations';
import { giveWay } from '../give-way.ts';
import { grantIfRoleExists } from '../grants.ts';

/**
 * What takes tokens back before they end, told by triggers whoever writes: a user who is deactivated or deleted, a
 * client that is disabled or deleted, and a family of refresh tokens of which none is good any more. Rows are written
 * at commit, when it is known whether a revoked token was only rotated: then its successor is there.
 */
export class Revocations extends Migration {
  override name = '07-revocations';

  override up(): void {
    this.addSql(giveWay);
    this.addSql(table);
    this.addSql(functions);
    this.addSql(triggers);
    this.addSql(
      'REVOKE ALL ON FUNCTION scrollback.revoke, scrollback.subject_revoked, scrollback.family_revoked FROM PUBLIC',
    );
    this.addSql(
      grantIfRoleExists('scrollback_gateway', ['GRANT SELECT ON scrollback.revocations TO scrollback_gateway']),
    );
  }
}

const table = /* sql */ `
CREATE TABLE scrollback.revocations (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- every token made until then; null in user_id or client_id: of any
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  user_id varchar(36),
  client_id varchar(255),
  -- when the family's refresh tokens were made, and with each an access token; null: whichever family
  family timestamptz[],
  -- and those of the user's families with the same client that are still good
  spared timestamptz[],
  CHECK (user_id IS NOT NULL OR client_id IS NOT NULL)
);
CREATE INDEX revocations_at ON scrollback.revocations (at);
`;

const functions = /* sql */ `
-- Kept longer than any access token is good for.
CREATE FUNCTION scrollback.revoke(
  revoked_user text, revoked_client text, revoked_family timestamptz[] DEFAULT NULL, spared_families timestamptz[] DEFAULT NULL
) RETURNS void
LANGUAGE sql VOLATILE AS $$
  DELETE FROM scrollback.revocations WHERE at < now() - interval '90 days';
  INSERT INTO scrollback.revocations (user_id, client_id, family, spared)
  VALUES (revoked_user, revoked_client, revoked_family, spared_families);
$$;

CREATE FUNCTION scrollback.subject_revoked() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_TABLE_NAME = 'users' THEN
    PERFORM scrollback.revoke(OLD.id, NULL);
  ELSE
    PERFORM scrollback.revoke(NULL, OLD.client_id);
  END IF;
  RETURN NULL;
END
$$;

CREATE FUNCTION scrollback.family_revoked() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  revoked_family timestamptz[];
  is_over boolean;
  spared_families timestamptz[];
BEGIN
  WITH RECURSIVE own AS (
    SELECT t.jti_hash, t.parent_jti_hash, t.revoked, t.created_at FROM public.refresh_tokens AS t
    WHERE t.user_id = NEW.user_id AND t.client_id = NEW.client_id
  ), related AS (
    SELECT NEW.jti_hash AS jti_hash, NEW.parent_jti_hash AS parent_jti_hash
    UNION
    SELECT own.jti_hash, own.parent_jti_hash FROM own JOIN related
      ON own.parent_jti_hash = related.jti_hash OR own.jti_hash = related.parent_jti_hash
  )
  SELECT array_agg(own.created_at) FILTER (WHERE own.jti_hash IN (SELECT related.jti_hash FROM related)),
         bool_and(own.revoked) FILTER (WHERE own.jti_hash IN (SELECT related.jti_hash FROM related)),
         array_agg(own.created_at) FILTER (WHERE own.jti_hash NOT IN (SELECT related.jti_hash FROM related))
  INTO revoked_family, is_over, spared_families FROM own;
  IF is_over THEN
    PERFORM scrollback.revoke(NEW.user_id, NEW.client_id, revoked_family, spared_families);
  END IF;
  RETURN NULL;
END
$$;
`;

const triggers = /* sql */ `
CREATE CONSTRAINT TRIGGER scrollback_deactivated AFTER UPDATE OF is_active ON public.users
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.is_active AND NOT NEW.is_active)
  EXECUTE FUNCTION scrollback.subject_revoked();
CREATE CONSTRAINT TRIGGER scrollback_deleted AFTER DELETE ON public.users
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION scrollback.subject_revoked();
CREATE CONSTRAINT TRIGGER scrollback_disabled AFTER UPDATE OF is_active ON public.oauth_clients
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.is_active AND NOT NEW.is_active)
  EXECUTE FUNCTION scrollback.subject_revoked();
CREATE CONSTRAINT TRIGGER scrollback_deleted AFTER DELETE ON public.oauth_clients
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION scrollback.subject_revoked();
CREATE CONSTRAINT TRIGGER scrollback_revoked AFTER UPDATE OF revoked ON public.refresh_tokens
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.revoked AND NOT OLD.revoked)
  EXECUTE FUNCTION scrollback.family_revoked();
`;
