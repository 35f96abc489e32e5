import { Migration } from '@mikro-orm/migrations';
import { horizonLock } from '../log-event.ts';

/**
 * On a standby the locks of the writers cannot be seen, so nobody can tell there what is still in flight: the horizon
 * is for the primary alone. Whoever asks on a standby, which a failover may make the primary soon, has to ask again.
 */
export class HorizonOnPrimary extends Migration {
  override name = '14-horizon-on-primary';

  override up(): void {
    this.addSql(horizon);
  }
}

const horizon = /* sql */ `
CREATE OR REPLACE FUNCTION scrollback.log_horizon() RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  given_out bigint;
  lowest bigint;
BEGIN
  IF pg_is_in_recovery() THEN
    RAISE EXCEPTION 'the log is followed on the primary only' USING ERRCODE = 'read_only_sql_transaction';
  END IF;
  given_out := coalesce(pg_sequence_last_value('scrollback.log_position'), 0);
  SELECT min(((classid::bigint & 65535) << 32) | objid::bigint) INTO lowest
  FROM pg_locks
  WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 16 = ${horizonLock}
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database());
  RETURN least(given_out, lowest);
END
$$;
`;
