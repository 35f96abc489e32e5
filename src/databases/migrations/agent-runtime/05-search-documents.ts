import { Migration } from '@mikro-orm/migrations';

/** Full-text documents, filled behind the log in its order. */
export class SearchDocuments extends Migration {
  override name = '05-search-documents';

  override up(): void {
    this.addSql(documents);
  }
}

const documents = /* sql */ `
-- PostgreSQL's russian configuration stems Cyrillic words as Russian and Latin words as English. A document holds 1 MB
-- and fails beyond; of a text of up to 250 kB, odd as it may be, it never gets so large.
CREATE FUNCTION scrollback.search_document(content text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT to_tsvector('pg_catalog.russian',
    left(coalesce(content, ''), CASE WHEN octet_length(left(content, 200000)) > 250000 THEN 60000 ELSE 200000 END))
$$;

-- Takes the next events of the log into message_documents; returns how many it took. One caller works at a time,
-- the others return 0 at once.
CREATE FUNCTION scrollback.index_documents(batch integer) RETURNS integer
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
    RETURN 0;
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
