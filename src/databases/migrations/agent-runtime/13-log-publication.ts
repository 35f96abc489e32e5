import { Migration } from '@mikro-orm/migrations';

/** The log's rows for whoever follows the write-ahead log. It costs writers nothing until somebody does. */
export class LogPublication extends Migration {
  override name = '13-log-publication';

  override up(): void {
    this.addSql(`CREATE PUBLICATION scrollback_log FOR TABLE scrollback.session_log WITH (publish = 'insert')`);
  }
}
