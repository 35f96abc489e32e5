import { Migration } from '@mikro-orm/migrations';

/**
 * What we know beyond the shared columns. It lives in a schema of its own: the service's migrations do not see it,
 * and its saves, which delete and re-insert every message row of a session, do not touch it.
 */
export class OwnTables extends Migration {
  override name = '02-own-tables';

  override up(): void {
    this.addSql(ownTables);
    this.addSql(sessionLog);
  }
}

const ownTables = /* sql */ `
CREATE SCHEMA IF NOT EXISTS scrollback;

-- The identity of this database's logs: the epoch and the key of their cursors.
CREATE TABLE scrollback.log_identity (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  epoch integer NOT NULL,
  cursor_key bytea NOT NULL
);

-- One row per message of which more is known than the shared columns hold.
CREATE TABLE scrollback.message_details (
  message_id varchar(36) PRIMARY KEY,
  session_id varchar(36) NOT NULL,
  author_id varchar(255),
  model varchar(255),
  latency_ms integer,
  sender varchar(255),
  client_message_id varchar(255),
  request_hash bytea,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX message_details_client_message_id ON scrollback.message_details (sender, client_message_id)
  WHERE client_message_id IS NOT NULL;
CREATE INDEX message_details_session_id ON scrollback.message_details (session_id);

-- What tool servers record of a call; call_id ties it to the call that an assistant's message asked for.
CREATE TABLE scrollback.tool_usage (
  id varchar(36) PRIMARY KEY,
  session_id varchar(36) NOT NULL,
  message_id varchar(36) NOT NULL,
  call_id varchar(255),
  tool_name varchar(255) NOT NULL,
  server_name varchar(255),
  arguments jsonb,
  result jsonb,
  error text,
  execution_time_ms integer,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX tool_usage_message_id ON scrollback.tool_usage (message_id, created_at, id);
CREATE INDEX tool_usage_session_id ON scrollback.tool_usage (session_id);
CREATE UNIQUE INDEX tool_usage_call_id ON scrollback.tool_usage (message_id, call_id) WHERE call_id IS NOT NULL;

CREATE TABLE scrollback.chat_events (
  id varchar(36) PRIMARY KEY,
  session_id varchar(36),
  user_id varchar(255),
  tenant_id varchar(255),
  event_type varchar(100) NOT NULL,
  event_data jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX chat_events_session_id ON scrollback.chat_events (session_id, created_at, id);

-- Entries for the audit trail of the other database, written in the transaction of the change that they tell of.
CREATE TABLE scrollback.outbox (
  id varchar(36) PRIMARY KEY,
  entry jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_created_at ON scrollback.outbox (created_at, id);
`;

const sessionLog = /* sql */ `
-- The order in which log rows of all sessions become visible; see scrollback.log_horizon().
CREATE SEQUENCE scrollback.log_position;

-- Sessions that were there before the log was: their messages have no numbers yet. Empty once all are adopted.
CREATE TABLE scrollback.waiting_sessions (
  session_id varchar(255) PRIMARY KEY
);

-- The session log: append-only, one row per event, numbered densely per session in commit order.
CREATE TABLE scrollback.session_log (
  session_id varchar(255) NOT NULL,
  number bigint NOT NULL,
  position bigint NOT NULL DEFAULT nextval('scrollback.log_position'),
  kind text NOT NULL,
  -- id of the message, approval, agent switch or session that the event is about
  subject_id varchar(255) NOT NULL,
  -- number of the message among the session's messages; null where the event is not about a message
  message_sequence bigint,
  -- how many messages the session's log has counted up to and including this event
  messages_added bigint NOT NULL,
  content_hash bytea,
  chain bytea NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (session_id, number)
);
CREATE UNIQUE INDEX session_log_position ON scrollback.session_log (position);
CREATE UNIQUE INDEX session_log_added ON scrollback.session_log (subject_id, session_id) WHERE kind = 'message_added';
CREATE INDEX session_log_later ON scrollback.session_log (subject_id, session_id, number) WHERE kind <> 'message_added';

-- Full-text documents of messages, filled behind the log so that writers do not pay for them.
CREATE TABLE scrollback.message_documents (
  message_id varchar(36) PRIMARY KEY,
  document tsvector NOT NULL
);
CREATE INDEX message_documents_document ON scrollback.message_documents USING gin (document);

-- Up to which log position message_documents is complete.
CREATE TABLE scrollback.document_progress (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  position bigint NOT NULL DEFAULT 0
);
INSERT INTO scrollback.document_progress DEFAULT VALUES;

INSERT INTO scrollback.log_identity (epoch, cursor_key)
VALUES ((random() * 2147483647)::integer, sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')));
`;
