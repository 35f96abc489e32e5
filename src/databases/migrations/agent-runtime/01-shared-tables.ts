import { Migration } from '@mikro-orm/migrations';
import { giveWay } from '../give-way.ts';

/**
 * The tables that the agent-runtime service also writes. They are created only where they are missing, in the
 * service's own shape; what we add to them is nullable or has a default, so that its statements keep working.
 */
export class SharedTables extends Migration {
  override name = '01-shared-tables';

  override up(): void {
    this.addSql(giveWay);
    this.addSql(createMissing);
    this.addSql(addColumns);
  }
}

const createMissing = /* sql */ `
DO $migration$
BEGIN
  IF to_regclass('public.sessions') IS NULL THEN
    CREATE TABLE public.sessions (
      id varchar(36) PRIMARY KEY,
      title varchar(500),
      description text,
      created_at timestamptz NOT NULL DEFAULT now(),
      last_activity timestamptz NOT NULL DEFAULT now(),
      is_active boolean NOT NULL DEFAULT true,
      deleted_at timestamptz
    );
    CREATE INDEX ix_sessions_last_activity ON public.sessions (last_activity);
    CREATE INDEX ix_sessions_is_active ON public.sessions (is_active);
    CREATE INDEX idx_sessions_id_last_activity ON public.sessions (id, last_activity);
    CREATE INDEX idx_sessions_is_active_last_activity ON public.sessions (is_active, last_activity);
  END IF;

  IF to_regclass('public.messages') IS NULL THEN
    CREATE TABLE public.messages (
      id varchar(36) PRIMARY KEY,
      session_db_id varchar(36) NOT NULL REFERENCES public.sessions (id) ON DELETE CASCADE,
      role varchar(50) NOT NULL CHECK (role IN ('user', 'assistant', 'system', 'tool')),
      content text,
      "timestamp" timestamptz NOT NULL DEFAULT now(),
      name varchar(255),
      tool_call_id varchar(255),
      tool_calls text,
      token_count integer,
      metadata_json text
    );
    CREATE INDEX ix_messages_session_db_id ON public.messages (session_db_id);
    CREATE INDEX idx_messages_session_timestamp ON public.messages (session_db_id, "timestamp");
    CREATE INDEX ix_messages_role ON public.messages (role);
    CREATE INDEX idx_messages_role_timestamp ON public.messages (role, "timestamp");
    CREATE INDEX ix_messages_timestamp ON public.messages ("timestamp");
  END IF;

  IF to_regclass('public.agent_contexts') IS NULL THEN
    CREATE TABLE public.agent_contexts (
      id varchar(36) PRIMARY KEY,
      session_db_id varchar(36) NOT NULL UNIQUE REFERENCES public.sessions (id) ON DELETE CASCADE,
      current_agent varchar(100) NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      switch_count integer NOT NULL DEFAULT 0,
      metadata_json text
    );
  END IF;

  IF to_regclass('public.agent_switches') IS NULL THEN
    CREATE TABLE public.agent_switches (
      id varchar(36) PRIMARY KEY,
      context_db_id varchar(36) NOT NULL REFERENCES public.agent_contexts (id) ON DELETE CASCADE,
      from_agent varchar(100),
      to_agent varchar(100) NOT NULL,
      switched_at timestamptz NOT NULL DEFAULT now(),
      reason text,
      metadata_json text
    );
    CREATE INDEX idx_agent_switches_context_switched_at ON public.agent_switches (context_db_id, switched_at);
  END IF;

  IF to_regclass('public.pending_approvals') IS NULL THEN
    CREATE TABLE public.pending_approvals (
      id varchar(36) PRIMARY KEY,
      request_id varchar(255) NOT NULL UNIQUE,
      request_type varchar(50) NOT NULL DEFAULT 'tool',
      subject varchar(200),
      details json,
      call_id varchar(255),
      session_id varchar(255) NOT NULL,
      tool_name varchar(255),
      arguments json,
      reason text,
      created_at timestamptz NOT NULL DEFAULT now(),
      status varchar(50) NOT NULL DEFAULT 'pending',
      decision_at timestamptz,
      decision_reason text
    );
  END IF;
END
$migration$;
`;

const addColumns = /* sql */ `
ALTER TABLE public.sessions
  ADD COLUMN IF NOT EXISTS user_id varchar(255),
  ADD COLUMN IF NOT EXISTS tenant_id varchar(255),
  ADD COLUMN IF NOT EXISTS metadata jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN IF NOT EXISTS lifetime_seconds integer,
  ADD COLUMN IF NOT EXISTS closed_at timestamptz,
  ADD COLUMN IF NOT EXISTS archived_at timestamptz;

ALTER TABLE public.pending_approvals
  ADD COLUMN IF NOT EXISTS expires_at timestamptz,
  ADD COLUMN IF NOT EXISTS decided_by varchar(255),
  ADD COLUMN IF NOT EXISTS modified_arguments json;
`;
