import { Migration } from '@mikro-orm/migrations';
import { cursorKeys } from '../cursor-keys.ts';

/** Several keys for cursors, so that they can change. */
export class CursorKeys extends Migration {
  override name = '09-cursor-keys';

  override up(): void {
    for (const statement of cursorKeys) this.addSql(statement);
  }
}
