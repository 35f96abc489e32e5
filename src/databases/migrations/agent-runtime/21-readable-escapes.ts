import { Migration } from '@mikro-orm/migrations';

/**
 * The ids of a message's calls are read here and by askedCallsOf(), which must agree, or results go to the wrong call.
 * One escape that PostgreSQL's text cannot hold, anywhere in a message, made all of its ids unreadable here. It locks
 * nothing that services write.
 */
export class ReadableEscapes extends Migration {
  override name = '21-readable-escapes';

  override up(): void {
    this.addSql(askedCallIds);
  }
}

const askedCallIds = /* sql */ String.raw`
-- The ids of the calls that a message's tool_calls text asks for, in order; null for a call whose id cannot be read.
-- Every element of the list is a call, and so is whatever is not a list. NULL for a message that asks for none.
-- Numbers are ids as they are written; NUL and halves of surrogate pairs, which text cannot hold, are U+FFFD.
-- Not parallel safe: catching an error is a subtransaction, and parallel plans have none.
CREATE OR REPLACE FUNCTION scrollback.asked_call_ids(tool_calls text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
  calls json;
  brackets text;
  readable text;
BEGIN
  IF btrim(tool_calls, E' \t\n\r') IN ('', 'null') THEN
    RETURN NULL;
  END IF;
  calls := tool_calls::json;
  -- A text of more than 200 levels is not read as JSON, see jsonOf(). Few open so many brackets, which is soon counted.
  IF octet_length(tool_calls) > 400
      AND octet_length(tool_calls) - octet_length(replace(replace(tool_calls, '[', ''), '{', '')) > 200 THEN
    brackets := regexp_replace(tool_calls, $between$(?:"(?:\\.|[^"\\])*"|[^][{}"])+$between$, '', 'g');
    brackets := translate(brackets, '{}', '[]');
    FOR level IN 1..200 LOOP
      EXIT WHEN brackets = '';
      -- The innermost of all, so each time one level less.
      brackets := replace(brackets, '[]', '');
    END LOOP;
    IF brackets <> '' THEN
      RETURN ARRAY[NULL]::text[];
    END IF;
  END IF;
  IF json_typeof(calls) <> 'array' THEN
    calls := json_build_array(calls);
  END IF;
  RETURN (
    SELECT array_agg(
      CASE WHEN json_typeof(call -> 'id') IN ('string', 'number') THEN nullif(call ->> 'id', '') END ORDER BY place)
    FROM json_array_elements(calls) WITH ORDINALITY AS element (call, place)
  );
EXCEPTION WHEN OTHERS THEN
  IF calls IS NULL THEN
    RETURN ARRAY[NULL]::text[];
  END IF;
  -- It is JSON, with escapes that PostgreSQL cannot turn into text. Where backslashes that stand for themselves are
  -- spelled otherwise, each one that is left begins an escape.
  readable := replace(tool_calls, $it$\\$it$, $it$\u005c$it$);
  readable := regexp_replace(readable, $refused$\\u(?:0000$refused$
    || $high$|[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])$high$
    || $low$|(?<!\\u[dD][89abAB][0-9a-fA-F]{2}\\u)[dD][c-fC-F][0-9a-fA-F]{2})$low$, $it$\\ufffd$it$, 'g');
  IF readable <> tool_calls THEN
    RETURN scrollback.asked_call_ids(readable);
  END IF;
  -- What else may be wrong with them, the calls are still there to be counted.
  RETURN array_fill(NULL::text, ARRAY[json_array_length(calls)]);
END
$$;
`;
