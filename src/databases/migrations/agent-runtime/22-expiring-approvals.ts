import { Migration } from '@mikro-orm/migrations';
import { buildIndex } from '../build-index.ts';

/** Requests whose time may run out, for the chore that writes down that it did. */
export class ExpiringApprovals extends Migration {
  override name = '22-expiring-approvals';

  override isTransactional(): boolean {
    return false;
  }

  override up(): void {
    const expiring = `public.pending_approvals (expires_at) WHERE status = 'pending' AND expires_at IS NOT NULL`;
    for (const statement of buildIndex('scrollback_approvals_expiring', expiring)) this.addSql(statement);
  }
}
