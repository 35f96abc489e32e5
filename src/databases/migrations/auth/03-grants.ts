import { Migration } from '@mikro-orm/migrations';
import { grantIfRoleExists } from '../grants.ts';

/** Nobody but the owner may change the audit trail; hashes of passwords, secrets and tokens are readable by no role of ours. */
export class Grants extends Migration {
  override name = '03-grants';

  override up(): void {
    this.addSql('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA scrollback FROM PUBLIC');
    this.addSql(
      grantIfRoleExists('scrollback_gateway', [
        'GRANT USAGE ON SCHEMA public, scrollback TO scrollback_gateway',
        'GRANT SELECT (id, username, email, is_active, is_verified, created_at, updated_at, last_login_at, tenant_id, display_name, groups, is_admin) ON public.users TO scrollback_gateway',
        'GRANT INSERT ON public.users TO scrollback_gateway',
        'GRANT UPDATE (is_active, updated_at) ON public.users TO scrollback_gateway',
        'GRANT SELECT (id, client_id, name, description, is_confidential, allowed_scopes, allowed_grant_types, access_token_lifetime, refresh_token_lifetime, is_active, created_at, updated_at) ON public.oauth_clients TO scrollback_gateway',
        'GRANT SELECT (id, user_id, client_id, scope, expires_at, revoked, revoked_at, created_at) ON public.refresh_tokens TO scrollback_gateway',
        'GRANT UPDATE (revoked, revoked_at) ON public.refresh_tokens TO scrollback_gateway',
        'GRANT SELECT, INSERT ON public.audit_logs TO scrollback_gateway',
        'GRANT SELECT ON scrollback.audit_entries, scrollback.log_identity, scrollback.migrations TO scrollback_gateway',
      ]),
    );
    this.addSql(
      grantIfRoleExists('scrollback_auditor', [
        'GRANT USAGE ON SCHEMA public, scrollback TO scrollback_auditor',
        'GRANT SELECT ON public.audit_logs, scrollback.audit_entries TO scrollback_auditor',
      ]),
    );
  }
}
