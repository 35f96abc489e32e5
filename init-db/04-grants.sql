-- Who may enter which database. Rights on tables are given by the migrations, one by one: a right that is given in
-- advance, for whatever tables come, is a right to the password hashes in one of them.

\connect agent_runtime

REVOKE ALL ON DATABASE agent_runtime FROM PUBLIC;
GRANT CONNECT ON DATABASE agent_runtime TO scrollback_gateway, scrollback_analytics;
REVOKE ALL ON SCHEMA public FROM PUBLIC;

\connect auth_db

REVOKE ALL ON DATABASE auth_db FROM PUBLIC;
GRANT CONNECT ON DATABASE auth_db TO scrollback_gateway, scrollback_auditor;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
