import { Migration } from '@mikro-orm/migrations';

/** What the gateway's reads need functions for. */
export class ReadFunctions extends Migration {
  override name = '06-read-functions';

  override up(): void {
    this.addSql(askedCallIds);
    this.addSql(unindexedMessages);
    this.addSql(anyLexeme);
  }
}

const askedCallIds = /* sql */ `
-- The ids of the calls that a message's tool_calls text asks for, in order; null for a call whose id cannot be read.
-- Every element of the list is a call, and so is whatever is not a list. NULL for a message that asks for none.
-- Not parallel safe: catching an error is a subtransaction, and parallel plans have none.
CREATE FUNCTION scrollback.asked_call_ids(tool_calls text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
  calls json;
BEGIN
  IF btrim(tool_calls, E' \\t\\n\\r') IN ('', 'null') THEN
    RETURN NULL;
  END IF;
  calls := tool_calls::json;
  IF json_typeof(calls) <> 'array' THEN
    calls := json_build_array(calls);
  END IF;
  RETURN (
    SELECT array_agg(
      CASE WHEN json_typeof(call -> 'id') IN ('string', 'number') THEN nullif(call ->> 'id', '') END ORDER BY place)
    FROM json_array_elements(calls) WITH ORDINALITY AS element (call, place)
  );
EXCEPTION WHEN OTHERS THEN
  -- An escape like \\u0000 is JSON that PostgreSQL cannot turn into text; the calls are still there to be counted.
  BEGIN
    RETURN array_fill(NULL::text, ARRAY[json_array_length(calls)]);
  EXCEPTION WHEN OTHERS THEN
    RETURN ARRAY[NULL]::text[];
  END;
END
$$;
`;

const unindexedMessages = /* sql */ `
-- Messages of which the log knows something that message_documents does not know yet. They are few, which a planner
-- cannot see from a comparison of positions; hence a function that it does not look into, with a number of rows.
CREATE FUNCTION scrollback.unindexed_messages() RETURNS TABLE (message_id varchar)
LANGUAGE plpgsql STABLE ROWS 100 AS $$
BEGIN
  RETURN QUERY
    SELECT DISTINCT log.subject_id FROM scrollback.session_log AS log
    WHERE log.position > (SELECT position FROM scrollback.document_progress) AND log.message_sequence IS NOT NULL;
END
$$;
`;

const anyLexeme = /* sql */ `
-- Finds any of the words that a query wants, once each; NULL where it wants none, only the absence of some.
CREATE FUNCTION scrollback.any_lexeme(query tsquery) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT string_agg(DISTINCT found[1], ' | ')::tsquery
  FROM regexp_matches(querytree(query), $pattern$'(?:[^']|'')*'$pattern$, 'g') AS found
$$;
`;
