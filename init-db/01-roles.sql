-- Who may do what. No secret is written here: a role cannot log in over the network until somebody sets its password
-- (the embedded server sets random ones, Docker takes them from the environment in 90-passwords.sh).
DO $roles$
DECLARE
  role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY[
    'scrollback_owner',     -- owns both databases and runs the migrations
    'scrollback_gateway',   -- reads and writes rows, changes no table; the gateway serves with it
    'scrollback_analytics', -- reads who talked when, how much and with which tools, and nothing of what was said
    'scrollback_auditor'    -- reads the audit trail
  ] LOOP
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role_name) THEN
      EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION', role_name);
    END IF;
  END LOOP;
END
$roles$;

-- What a viewer's reads become where row-level security is on: nobody logs in with it, the gateway changes into it.
-- NOINHERIT: a policy for a role also binds those who inherit from it, and the gateway's own work must see all rows.
DO $viewer$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'scrollback_viewer') THEN
    CREATE ROLE scrollback_viewer NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION;
  END IF;
END
$viewer$;
ALTER ROLE scrollback_gateway NOINHERIT;
GRANT scrollback_viewer TO scrollback_gateway;

ALTER ROLE scrollback_analytics SET default_transaction_read_only = on;
ALTER ROLE scrollback_auditor SET default_transaction_read_only = on;
