import { Migration } from '@mikro-orm/migrations';

/**
 * A hint is a position. What else a row holds would be made text and sent for each commit, for nobody to read; before
 * PostgreSQL 15 a publication cannot leave it out.
 */
export class NarrowPublication extends Migration {
  override name = '18-narrow-publication';

  override up(): void {
    this.addSql(/* sql */ `
DO $$ BEGIN
  IF current_setting('server_version_num')::integer >= 150000 THEN
    ALTER PUBLICATION scrollback_log SET TABLE scrollback.session_log (position);
  END IF;
END $$`);
  }
}
