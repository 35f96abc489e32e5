import { Migration } from '@mikro-orm/migrations';
import { grantIfRoleExists } from '../grants.ts';
import { numberFreeSessions, numberLockedSessions } from './26-numbering.ts';

/**
 * Whoever follows sessions sees with one statement what is new, a look: how far the log can be read, what was logged since
 * the last look, what waits for a number, and numbers for what is followed of it.
 */
export class Looks extends Migration {
  override name = '27-looks';

  override up(): void {
    this.addSql(look);
    this.addSql(numbering);
    this.addSql(chain);
    this.addSql(publication);
    this.addSql('REVOKE ALL ON FUNCTION scrollback.look FROM PUBLIC');
    this.addSql(
      grantIfRoleExists('scrollback_gateway', ['GRANT EXECUTE ON FUNCTION scrollback.look TO scrollback_gateway']),
    );
  }
}

/** A look is a few rows of each table, many times a second: plans are made once, and as for few rows. Functions that are called plan so, too. */
const planned =
  'SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_mergejoin = off';

const look = /* sql */ `
-- What there is since a position of the log, and of what was noted since: by transactions from the first one on, or by these,
-- which were in flight then; and what to ask with the next time. What others number meanwhile is among what was noted, or
-- among what was logged: both are read in one snapshot, which is younger than the horizon.
-- Then numbers what was noted of the followed sessions. Says up to which position each of them goes now, and which were left
-- out because others hold their locks, mostly to do the same, or because it was more than a batch.
CREATE FUNCTION scrollback.look(
  since_position bigint, since_transaction xid8, or_by xid8[], followed text[],
  OUT horizon bigint, OUT changed text[], OUT last_positions bigint[], OUT ages double precision[],
  OUT noted text[], OUT noted_age double precision, OUT next_transaction xid8, OUT in_flight xid8[],
  OUT numbered text[], OUT positions bigint[], OUT left_out text[]
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ${planned} AS $$
BEGIN
  -- With a snapshot that is older than the horizon, what is between them would never be seen.
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'looks need transactions that are READ COMMITTED' USING ERRCODE = 'invalid_transaction_state',
      HINT = 'A pooler may have lost the setting: let default_transaction_isolation be "read committed" for the role.';
  END IF;
  horizon := scrollback.log_horizon();
  -- After a restore or a failover there may be another history, whose transactions have lower numbers.
  WITH notes AS (
    SELECT session_id, written_at FROM scrollback.unnumbered_messages
    WHERE transaction_id >= CASE WHEN since_transaction > pg_snapshot_xmax(pg_current_snapshot()) THEN '0'::xid8 ELSE since_transaction END
    UNION ALL
    SELECT session_id, written_at FROM scrollback.unnumbered_messages WHERE transaction_id = ANY (or_by)
  ), sessions AS (
    SELECT session_id, max(position) AS last, max(created_at) AS changed_at FROM scrollback.session_log
    WHERE position > since_position GROUP BY session_id
  )
  SELECT s.changed, s.last_positions, s.ages, n.noted, n.age, pg_snapshot_xmax(pg_current_snapshot()),
    ARRAY(SELECT pg_snapshot_xip(pg_current_snapshot()))
  INTO changed, last_positions, ages, noted, noted_age, next_transaction, in_flight
  FROM (SELECT array_agg(session_id) AS changed, array_agg(last) AS last_positions,
          array_agg(extract(epoch FROM clock_timestamp() - changed_at)::float8) AS ages FROM sessions) AS s,
    (SELECT array_agg(session_id) AS noted, extract(epoch FROM clock_timestamp() - max(newest))::float8 AS age
     FROM (SELECT session_id, max(written_at) AS newest FROM notes GROUP BY session_id) AS sessions_of_notes) AS n;
  IF noted IS NOT NULL AND followed <> '{}' THEN
    SELECT n.numbered, n.positions, n.left_out INTO numbered, positions, left_out
    FROM scrollback.number_free_sessions(ARRAY(SELECT unnest(noted) INTERSECT SELECT unnest(followed))) AS n;
  END IF;
END
$$;
DROP FUNCTION scrollback.number_followed_sessions;
DROP FUNCTION scrollback.noted_sessions;
`;

/**
 * The statements read by keys alone, whatever a planner without statistics thinks of joins. Of each session the first messages are
 * taken first: a large import is numbered batch by batch, and the message of another session does not wait for all of it.
 */
const numbering = /* sql */ `
${numberLockedSessions(
  'CREATE OR REPLACE',
  planned,
  `DELETE FROM scrollback.unnumbered_messages WHERE ctid = ANY (ARRAY(
      SELECT note.ctid FROM unnest(session_ids) AS session (id)
      CROSS JOIN LATERAL (SELECT ctid, row_number() OVER (ORDER BY position) AS place FROM scrollback.unnumbered_messages
                          WHERE session_id = session.id ORDER BY position LIMIT batch) AS note
      ORDER BY note.place LIMIT batch))
    RETURNING session_id, message_id, written_at, position`,
)}

${numberFreeSessions(
  'CREATE OR REPLACE',
  planned,
  '(SELECT true FROM scrollback.unnumbered_messages WHERE session_id = id LIMIT 1)',
)}
`;

/** A query as the function of an aggregate is begun anew for each row, which takes longer than what it does. */
const chain = /* sql */ `
CREATE OR REPLACE FUNCTION scrollback.chain_on_step(so_far bytea, previous bytea, event bytea) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN pg_catalog.sha256(coalesce(so_far, previous, ''::bytea) OPERATOR(pg_catalog.||) event);
END
$$;
`;

/**
 * A message that gets its number behind the commit was hinted at when it was noted. Only PostgreSQL 15 and newer can tell
 * the rows of a table apart.
 */
const publication = /* sql */ `
DO $$ BEGIN
  IF current_setting('server_version_num')::integer >= 150000 THEN
    ALTER PUBLICATION scrollback_log SET TABLE
      scrollback.session_log (position) WHERE (kind <> 'message_added'), scrollback.unnumbered_messages (position);
  END IF;
END $$;
`;
