import { Migration } from '@mikro-orm/migrations';
import { loosenedSql } from '../../search-text.ts';

/**
 * Full-text documents have the words of tags, paths, addresses and identifiers one by one. Those that were made otherwise
 * are made again behind the log, by whoever takes its events into the index: the search goes on meanwhile, and finds in
 * them what it found before.
 */
export class SearchWords extends Migration {
  override name = '19-search-words';

  override up(): void {
    this.addSql(documents);
  }
}

const documents = /* sql */ `
-- A text of up to 250 kB, odd as it may be, makes no document of more than the 1 MB that one may have.
CREATE OR REPLACE FUNCTION scrollback.search_document(content text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT to_tsvector('pg_catalog.russian', ${loosenedSql(
    `left(coalesce(content, ''), CASE WHEN octet_length(left(content, 200000)) > 250000 THEN 60000 ELSE 200000 END)`,
  )})
$$;

-- Documents of messages beyond this id are to be made again; NULL where all are as they should be.
ALTER TABLE scrollback.document_progress ADD COLUMN outdated_beyond text;
UPDATE scrollback.document_progress SET outdated_beyond = '' WHERE EXISTS (SELECT FROM scrollback.message_documents);

-- Makes the next documents again, which are to be; returns how many. Its caller holds the row of document_progress.
CREATE FUNCTION scrollback.renew_documents(batch integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  beyond text;
  upto text;
  renewed integer;
BEGIN
  SELECT outdated_beyond INTO beyond FROM scrollback.document_progress;
  IF beyond IS NULL THEN
    RETURN 0;
  END IF;
  SELECT max(message_id), count(*) INTO upto, renewed FROM (
    SELECT message_id FROM scrollback.message_documents WHERE message_id > beyond ORDER BY message_id LIMIT batch
  ) AS page;
  UPDATE scrollback.message_documents AS d SET document = scrollback.search_document(m.content)
  FROM public.messages AS m
  WHERE d.message_id > beyond AND d.message_id <= upto AND m.id = d.message_id;
  UPDATE scrollback.document_progress SET outdated_beyond = upto;
  RETURN renewed;
END
$$;
REVOKE ALL ON FUNCTION scrollback.renew_documents FROM PUBLIC;

CREATE OR REPLACE FUNCTION scrollback.index_documents(batch integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  done bigint;
  upto bigint;
  taken integer;
BEGIN
  SELECT position INTO done FROM scrollback.document_progress FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  upto := scrollback.log_horizon();
  SELECT max(position), count(*) INTO upto, taken FROM (
    SELECT position FROM scrollback.session_log WHERE position > done AND position <= upto ORDER BY position LIMIT batch
  ) AS page;
  IF taken = 0 THEN
    RETURN scrollback.renew_documents(batch);
  END IF;
  INSERT INTO scrollback.message_documents (message_id, document)
  SELECT m.id, scrollback.search_document(m.content)
  FROM (SELECT DISTINCT subject_id FROM scrollback.session_log
        WHERE position > done AND position <= upto AND message_sequence IS NOT NULL ORDER BY 1) AS log
  JOIN public.messages AS m ON m.id = log.subject_id
  ON CONFLICT (message_id) DO UPDATE SET document = excluded.document;
  DELETE FROM scrollback.message_documents AS d
  USING scrollback.session_log AS log
  WHERE log.position > done AND log.position <= upto AND log.kind = 'message_removed' AND d.message_id = log.subject_id
    AND NOT EXISTS (SELECT FROM public.messages AS m WHERE m.id = log.subject_id);
  UPDATE scrollback.document_progress SET position = upto;
  RETURN taken;
END
$$;
`;
