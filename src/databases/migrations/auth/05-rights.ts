import { Migration } from '@mikro-orm/migrations';
import { exactRights } from '../grants.ts';

/**
 * What each role may do, and no more: none of ours changes or deletes a line of the audit trail, none reads a hash of a
 * password, a secret or a token.
 */
export class Rights extends Migration {
  override name = '05-rights';

  override up(): void {
    this.addSql('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA scrollback FROM PUBLIC');
    this.addSql(exactRights('scrollback_gateway', gateway));
    this.addSql(exactRights('scrollback_auditor', auditor));
    this.addSql(exactRights('scrollback_viewer', viewerRights));
  }
}

/** The columns that may be read, each named: one that is added later is not among them. */
const reading = (role: string): readonly string[] => [
  `GRANT SELECT (id, username, email, is_active, is_verified, created_at, updated_at, last_login_at, tenant_id, display_name, groups, is_admin) ON public.users TO ${role}`,
  `GRANT SELECT (id, client_id, name, description, is_confidential, allowed_scopes, allowed_grant_types, access_token_lifetime, refresh_token_lifetime, is_active, created_at, updated_at) ON public.oauth_clients TO ${role}`,
  `GRANT SELECT (id, user_id, client_id, scope, expires_at, revoked, revoked_at, created_at) ON public.refresh_tokens TO ${role}`,
  `GRANT SELECT ON public.audit_logs, scrollback.audit_entries TO ${role}`,
];

const gateway = [
  ...reading('scrollback_gateway'),
  'GRANT INSERT ON public.users, public.audit_logs TO scrollback_gateway',
  'GRANT UPDATE (is_active, updated_at) ON public.users TO scrollback_gateway',
  'GRANT UPDATE (revoked, revoked_at) ON public.refresh_tokens TO scrollback_gateway',
  'GRANT SELECT ON scrollback.log_identity, scrollback.cursor_keys, scrollback.migrations TO scrollback_gateway',
  'GRANT EXECUTE ON FUNCTION scrollback.rotate_cursor_keys TO scrollback_gateway',
];

export const viewerRights = reading('scrollback_viewer');

const auditor = ['GRANT SELECT ON public.audit_logs, scrollback.audit_entries TO scrollback_auditor'];
