-- Rights on tables that do not exist yet: whatever the owner's migrations create is covered from its first moment.
-- Narrower rights (the audit trail may not be changed, the auditor may read it) are set by the migration that creates the table.

\connect agent_runtime

REVOKE ALL ON DATABASE agent_runtime FROM PUBLIC;
GRANT CONNECT ON DATABASE agent_runtime TO scrollback_gateway, scrollback_analytics;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO scrollback_gateway, scrollback_analytics;
ALTER DEFAULT PRIVILEGES FOR ROLE scrollback_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO scrollback_gateway;
ALTER DEFAULT PRIVILEGES FOR ROLE scrollback_owner IN SCHEMA public
  GRANT USAGE, SELECT ON SEQUENCES TO scrollback_gateway;
ALTER DEFAULT PRIVILEGES FOR ROLE scrollback_owner IN SCHEMA public
  GRANT SELECT ON TABLES TO scrollback_analytics;

\connect auth_db

REVOKE ALL ON DATABASE auth_db FROM PUBLIC;
GRANT CONNECT ON DATABASE auth_db TO scrollback_gateway, scrollback_auditor;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO scrollback_gateway, scrollback_auditor;
ALTER DEFAULT PRIVILEGES FOR ROLE scrollback_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO scrollback_gateway;
ALTER DEFAULT PRIVILEGES FOR ROLE scrollback_owner IN SCHEMA public
  GRANT USAGE, SELECT ON SEQUENCES TO scrollback_gateway;
