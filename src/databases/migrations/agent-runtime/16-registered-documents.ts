import { Migration } from '@mikro-orm/migrations';
import { grantIfRoleExists } from '../grants.ts';

/** Documents by the ids that clients send for them. The gateway reads them; the owner registers them. */
export class RegisteredDocuments extends Migration {
  override name = '16-registered-documents';

  override up(): void {
    this.addSql(/* sql */ `
CREATE TABLE scrollback.registered_documents (
  id text PRIMARY KEY,
  body text NOT NULL,
  registered_at timestamptz NOT NULL DEFAULT now()
)`);
    this.addSql(
      grantIfRoleExists('scrollback_gateway', [
        'GRANT SELECT ON scrollback.registered_documents TO scrollback_gateway',
      ]),
    );
  }
}
