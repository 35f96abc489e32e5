import { Migration } from '@mikro-orm/migrations';
import { giveWay } from '../give-way.ts';

/** The tables that the auth-service also writes: created where they are missing, otherwise only added to. */
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
  IF to_regclass('public.users') IS NULL THEN
    CREATE TABLE public.users (
      id varchar(36) PRIMARY KEY,
      username varchar(255) NOT NULL UNIQUE,
      email varchar(255) NOT NULL UNIQUE,
      password_hash varchar(255) NOT NULL,
      is_active boolean NOT NULL DEFAULT true,
      is_verified boolean NOT NULL DEFAULT false,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      last_login_at timestamptz
    );
  END IF;

  IF to_regclass('public.oauth_clients') IS NULL THEN
    CREATE TABLE public.oauth_clients (
      id varchar(36) PRIMARY KEY,
      client_id varchar(255) NOT NULL UNIQUE,
      client_secret_hash varchar(255),
      name varchar(255) NOT NULL,
      description text,
      is_confidential boolean NOT NULL DEFAULT false,
      allowed_scopes text NOT NULL,
      allowed_grant_types text NOT NULL,
      access_token_lifetime integer NOT NULL DEFAULT 900,
      refresh_token_lifetime integer NOT NULL DEFAULT 2592000,
      is_active boolean NOT NULL DEFAULT true,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now()
    );
  END IF;

  IF to_regclass('public.refresh_tokens') IS NULL THEN
    CREATE TABLE public.refresh_tokens (
      id varchar(36) PRIMARY KEY,
      jti_hash varchar(64) NOT NULL UNIQUE,
      user_id varchar(36) NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
      client_id varchar(255) NOT NULL REFERENCES public.oauth_clients (client_id) ON DELETE CASCADE,
      scope text NOT NULL,
      expires_at timestamptz NOT NULL,
      revoked boolean NOT NULL DEFAULT false,
      revoked_at timestamptz,
      parent_jti_hash varchar(64),
      created_at timestamptz NOT NULL DEFAULT now()
    );
  END IF;

  IF to_regclass('public.audit_logs') IS NULL THEN
    CREATE TABLE public.audit_logs (
      id varchar(36) PRIMARY KEY,
      user_id varchar(36) REFERENCES public.users (id) ON DELETE SET NULL,
      client_id varchar(255),
      event_type varchar(50) NOT NULL,
      event_data json,
      ip_address varchar(45),
      user_agent text,
      success boolean NOT NULL DEFAULT true,
      error_message text,
      created_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX ix_audit_logs_created_at ON public.audit_logs (created_at);
  END IF;
END
$migration$;
`;

const addColumns = /* sql */ `
ALTER TABLE public.users
  ADD COLUMN IF NOT EXISTS tenant_id varchar(255) NOT NULL DEFAULT 'default',
  ADD COLUMN IF NOT EXISTS display_name varchar(255),
  ADD COLUMN IF NOT EXISTS groups text[] NOT NULL DEFAULT '{}',
  ADD COLUMN IF NOT EXISTS is_admin boolean NOT NULL DEFAULT false;
CREATE INDEX IF NOT EXISTS scrollback_users_tenant ON public.users (tenant_id, username);
CREATE INDEX IF NOT EXISTS scrollback_refresh_tokens_user ON public.refresh_tokens (user_id, created_at DESC, id DESC);
`;
