import { Migration } from '@mikro-orm/migrations';
import { giveWay } from '../give-way.ts';

/**
 * Names that clients give to what they send are theirs alone: the same name somewhere else is neither in the way nor
 * to be noticed. A message's is unique per tenant and sender. A request's was unique in the whole table, whose other
 * writers count on that; where it is taken elsewhere, the row gets another one, and what the client said stands beside.
 */
export class OwnNames extends Migration {
  override name = '10-own-names';

  override up(): void {
    this.addSql(giveWay);
    this.addSql(/* sql */ `
ALTER TABLE scrollback.message_details ADD COLUMN tenant_id varchar(255);
UPDATE scrollback.message_details AS d
  SET tenant_id = coalesce((SELECT s.tenant_id FROM public.sessions AS s WHERE s.id = d.session_id), 'default')
  WHERE d.client_message_id IS NOT NULL;
CREATE UNIQUE INDEX message_details_own_name ON scrollback.message_details (sender, client_message_id, tenant_id)
  WHERE client_message_id IS NOT NULL;
DROP INDEX scrollback.message_details_client_message_id;
ALTER TABLE public.pending_approvals ADD COLUMN IF NOT EXISTS client_request_id varchar(255);`);
  }
}
