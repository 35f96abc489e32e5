import { Migration } from '@mikro-orm/migrations';
import { giveWay } from '../give-way.ts';

/**
 * The audit trail as a log: every row of audit_logs gets a number, in commit order and without gaps, and a chain
 * value. Numbers are given by a deferred trigger under the lock of one head row, held for the commit phase only.
 */
export class AuditLog extends Migration {
  override name = '02-audit-log';

  override up(): void {
    this.addSql(giveWay);
    this.addSql(tables);
    this.addSql(functions);
    this.addSql(adoption);
  }
}

const tables = /* sql */ `
CREATE SCHEMA IF NOT EXISTS scrollback;

CREATE TABLE scrollback.log_identity (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  epoch integer NOT NULL,
  cursor_key bytea NOT NULL
);
INSERT INTO scrollback.log_identity (epoch, cursor_key)
VALUES ((random() * 2147483647)::integer, sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')));

CREATE TABLE scrollback.audit_head (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row));
INSERT INTO scrollback.audit_head DEFAULT VALUES;

CREATE TABLE scrollback.audit_entries (
  number bigint PRIMARY KEY,
  audit_log_id varchar(36) NOT NULL UNIQUE,
  -- whose trail it is, also after the user is gone
  user_id varchar(36),
  tenant_id varchar(255),
  content_hash bytea NOT NULL,
  chain bytea NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX audit_entries_user ON scrollback.audit_entries (user_id, number);
CREATE INDEX audit_entries_tenant ON scrollback.audit_entries (tenant_id, number);
`;

const functions = /* sql */ `
CREATE FUNCTION scrollback.chain_step(previous bytea, event bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN sha256(previous || event);
CREATE AGGREGATE scrollback.chain(event bytea) (sfunc = scrollback.chain_step, stype = bytea, initcond = '');

-- The user is left out: it is set to null when the user is deleted, which does not change what happened.
CREATE FUNCTION scrollback.audit_hash(audit_log public.audit_logs) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT sha256(convert_to(ROW(
    audit_log.id, audit_log.client_id, audit_log.event_type, audit_log.event_data::text, audit_log.ip_address,
    audit_log.user_agent, audit_log.success, audit_log.error_message, extract(epoch FROM audit_log.created_at)
  )::text, 'UTF8'))
$$;

CREATE FUNCTION scrollback.audit_entry_bytes(number bigint, user_id text, content_hash bytea) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT convert_to(number::text || E'\\x1f' || coalesce(user_id, ''), 'UTF8') || content_hash
$$;

CREATE FUNCTION scrollback.audit_log_written() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  head record;
  next_number bigint;
  hash bytea := scrollback.audit_hash(NEW);
BEGIN
  PERFORM FROM scrollback.audit_head FOR UPDATE;
  SELECT number, chain INTO head FROM scrollback.audit_entries ORDER BY number DESC LIMIT 1;
  next_number := coalesce(head.number, 0) + 1;
  INSERT INTO scrollback.audit_entries (number, audit_log_id, user_id, tenant_id, content_hash, chain, created_at)
  VALUES (next_number, NEW.id, NEW.user_id, (SELECT tenant_id FROM public.users WHERE id = NEW.user_id), hash,
          scrollback.chain_step(coalesce(head.chain, ''::bytea), scrollback.audit_entry_bytes(next_number, NEW.user_id, hash)),
          NEW.created_at)
  ON CONFLICT (number) DO NOTHING;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'could not serialize access to the audit log' USING ERRCODE = 'serialization_failure';
  END IF;
  RETURN NULL;
END
$$;
`;

const adoption = /* sql */ `
CREATE CONSTRAINT TRIGGER scrollback_inserted AFTER INSERT ON public.audit_logs
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION scrollback.audit_log_written();

-- CREATE TRIGGER holds writers of audit_logs off until this transaction ends, so nothing slips in between.
INSERT INTO scrollback.audit_entries (number, audit_log_id, user_id, tenant_id, content_hash, chain, created_at)
SELECT number, id, user_id, tenant_id, hash,
       scrollback.chain(scrollback.audit_entry_bytes(number, user_id, hash)) OVER (ORDER BY number), created_at
FROM (
  SELECT a.id, a.user_id, u.tenant_id, a.created_at, scrollback.audit_hash(a) AS hash,
         row_number() OVER (ORDER BY a.created_at, a.id) AS number
  FROM public.audit_logs AS a LEFT JOIN public.users AS u ON u.id = a.user_id
) AS audit_log
ORDER BY number;
`;
