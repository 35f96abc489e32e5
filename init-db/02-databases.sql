-- The encoding is said, the locale comes from the server: both our servers use C.UTF-8, so text sorts alike everywhere.
CREATE DATABASE agent_runtime OWNER scrollback_owner ENCODING 'UTF8' TEMPLATE template0;
CREATE DATABASE auth_db OWNER scrollback_owner ENCODING 'UTF8' TEMPLATE template0;

COMMENT ON DATABASE agent_runtime IS 'Scrollback: sessions, messages, approvals';
COMMENT ON DATABASE auth_db IS 'Scrollback: users, tokens, audit trail';
