-- Evidence: documents and links with a passport, their versions, the entries that
-- they support. The bytes lie outside the database, under their SHA-256; a row
-- is inserted only after them. Nothing of it is ever erased: evidence is
-- withdrawn, a link is undone, and both stay readable.

-- The contents that a city holds, each once. What the city uses is their sum.
CREATE TABLE content (
    city_id  bigint NOT NULL,
    sha256   bytea NOT NULL,
    size     bigint NOT NULL, -- bytes
    first_at timestamptz NOT NULL,
    CONSTRAINT content_pkey PRIMARY KEY (city_id, sha256) INCLUDE (size),
    CONSTRAINT content_city_fkey FOREIGN KEY (city_id) REFERENCES city,
    CONSTRAINT content_sha256_is_a_hash CHECK (octet_length(sha256) = 32),
    CONSTRAINT content_not_empty CHECK (size > 0)
);
CREATE INDEX content_sha256 ON content (sha256) INCLUDE (size);

-- No index is by id alone: a list of one city would be read through it, past the
-- rows of all others.
CREATE TABLE evidence (
    id               bigint GENERATED ALWAYS AS IDENTITY,
    city_id          bigint NOT NULL,
    department_id    bigint, -- whose it is; null: the coordinator's
    kind             text NOT NULL,
    title            text NOT NULL,
    document_number  text NOT NULL,
    issuer           text NOT NULL,
    issued_on        date,
    period_from      date,
    period_to        date,
    valid_until      date, -- the last day
    access           text NOT NULL,
    language         text NOT NULL,
    note             text NOT NULL,
    version          integer NOT NULL, -- counts every act on it; forms carry it
    latest           integer NOT NULL, -- number of the newest version
    -- Counted anew with every link, so that lists find the few in an index.
    uses             integer NOT NULL DEFAULT 0, -- entries that it is linked to
    answering        integer NOT NULL DEFAULT 0, -- those where it answers an expected document
    withdrawn_at     timestamptz,
    withdrawn_on     date, -- the city's day
    withdrawn_by     bigint,
    withdrawn_reason text,
    created_at       timestamptz NOT NULL,
    created_by       bigint NOT NULL,
    CONSTRAINT evidence_pkey PRIMARY KEY (city_id, id),
    CONSTRAINT evidence_city_fkey FOREIGN KEY (city_id) REFERENCES city,
    CONSTRAINT evidence_department_fkey FOREIGN KEY (city_id, department_id) REFERENCES department (city_id, id),
    CONSTRAINT evidence_withdrawn_by_fkey FOREIGN KEY (withdrawn_by) REFERENCES account,
    CONSTRAINT evidence_created_by_fkey FOREIGN KEY (created_by) REFERENCES account,
    CONSTRAINT evidence_of_city UNIQUE (city_id, id, kind),
    CONSTRAINT evidence_kind_known CHECK (kind IN ('file', 'link')),
    CONSTRAINT evidence_access_known CHECK (access IN ('open', 'restricted')),
    CONSTRAINT evidence_language_known CHECK (language IN ('vi', 'en', 'other')),
    CONSTRAINT evidence_title_is_text CHECK (is_text(title) AND char_length(title) <= 300),
    CONSTRAINT evidence_texts_composed CHECK (
        document_number IS NFC NORMALIZED AND issuer IS NFC NORMALIZED AND note IS NFC NORMALIZED),
    CONSTRAINT evidence_texts_length CHECK (
        char_length(document_number) <= 100 AND char_length(issuer) <= 300 AND char_length(note) <= 2000),
    CONSTRAINT evidence_period_in_order CHECK (period_to >= period_from),
    CONSTRAINT evidence_valid_after_issue CHECK (valid_until >= issued_on),
    CONSTRAINT evidence_version_counts CHECK (version >= 1 AND latest >= 1),
    CONSTRAINT evidence_uses_count CHECK (answering BETWEEN 0 AND uses),
    CONSTRAINT evidence_withdrawn_with_a_reason CHECK (
        num_nulls(withdrawn_at, withdrawn_on, withdrawn_by, withdrawn_reason) IN (0, 4)
        AND (withdrawn_reason IS NULL OR is_text(withdrawn_reason) AND char_length(withdrawn_reason) <= 2000))
);
-- The library's lists, newest first; evidence_pkey serves the whole of it.
CREATE INDEX evidence_department ON evidence (city_id, department_id, id);
CREATE INDEX evidence_unused ON evidence (city_id, id) WHERE uses = 0 AND withdrawn_at IS NULL;
CREATE INDEX evidence_unanswering ON evidence (city_id, id) WHERE uses > 0 AND answering = 0 AND withdrawn_at IS NULL;
CREATE INDEX evidence_valid_until ON evidence (city_id, valid_until, id)
    WHERE valid_until IS NOT NULL AND withdrawn_at IS NULL;

-- Each version supersedes the one before it, which stays readable.
CREATE TABLE evidence_version (
    evidence_id bigint NOT NULL,
    number      integer NOT NULL,
    city_id     bigint NOT NULL,
    kind        text NOT NULL,
    sha256      bytea,
    file_name   text,
    media_type  text,
    url         text,
    note        text NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by bigint NOT NULL,
    CONSTRAINT evidence_version_pkey PRIMARY KEY (city_id, evidence_id, number),
    CONSTRAINT evidence_version_evidence_fkey FOREIGN KEY (city_id, evidence_id, kind)
        REFERENCES evidence (city_id, id, kind),
    CONSTRAINT evidence_version_content_fkey FOREIGN KEY (city_id, sha256) REFERENCES content,
    CONSTRAINT evidence_version_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES account,
    CONSTRAINT evidence_version_number_counts CHECK (number >= 1),
    CONSTRAINT evidence_version_of_its_kind CHECK (
        (kind = 'file') = (sha256 IS NOT NULL) AND (kind = 'file') = (file_name IS NOT NULL)
        AND (kind = 'file') = (media_type IS NOT NULL) AND (kind = 'link') = (url IS NOT NULL)),
    CONSTRAINT evidence_version_file_name_is_text CHECK (is_text(file_name) AND char_length(file_name) <= 300),
    CONSTRAINT evidence_version_media_type_is_one CHECK (media_type ~ '^[a-z]+/[a-z0-9.+-]{1,100}$'),
    CONSTRAINT evidence_version_url_is_one CHECK (url ~ '^https?://' AND char_length(url) <= 2000),
    CONSTRAINT evidence_version_note_composed CHECK (note IS NFC NORMALIZED AND char_length(note) <= 2000)
);
-- Where a content is used already, which reuse begins with.
CREATE INDEX evidence_version_content ON evidence_version (city_id, sha256) WHERE sha256 IS NOT NULL;

-- What was read out of a version's file.
CREATE TABLE evidence_text (
    evidence_id  bigint NOT NULL,
    number       integer NOT NULL,
    city_id      bigint NOT NULL,
    text         text NOT NULL, -- empty: none was found, as in a scan
    words        tsvector NOT NULL,
    extracted_at timestamptz NOT NULL,
    CONSTRAINT evidence_text_pkey PRIMARY KEY (city_id, evidence_id, number),
    CONSTRAINT evidence_text_version_fkey FOREIGN KEY (city_id, evidence_id, number)
        REFERENCES evidence_version (city_id, evidence_id, number),
    CONSTRAINT evidence_text_composed CHECK (text IS NFC NORMALIZED AND char_length(text) <= 1000000)
);

-- The words to find evidence by: those of its passport and of its newest
-- version's text, folded by tracker.Fold, each behind its city's number, so that
-- a search reads that city's part of the index and no other. The table is
-- narrow: words lie beside it unless there are few.
CREATE TABLE evidence_search (
    evidence_id bigint NOT NULL,
    city_id     bigint NOT NULL,
    words       tsvector NOT NULL,
    CONSTRAINT evidence_search_pkey PRIMARY KEY (city_id, evidence_id),
    CONSTRAINT evidence_search_evidence_fkey FOREIGN KEY (city_id, evidence_id) REFERENCES evidence (city_id, id)
);
CREATE INDEX evidence_search_words ON evidence_search USING gin (words) WITH (fastupdate = off);

-- The evidence of an entry as it is now, links that were undone among it;
-- entry_revision tells when.
CREATE TABLE evidence_link (
    entry_id      bigint NOT NULL,
    evidence_id   bigint NOT NULL,
    city_id       bigint NOT NULL,
    assessment_id bigint NOT NULL,
    answers       integer[] NOT NULL, -- which of the indicator's expected documents, from 1
    linked        boolean NOT NULL,
    CONSTRAINT evidence_link_pkey PRIMARY KEY (entry_id, evidence_id),
    CONSTRAINT evidence_link_entry_fkey FOREIGN KEY (city_id, assessment_id, entry_id)
        REFERENCES entry (city_id, assessment_id, id),
    CONSTRAINT evidence_link_evidence_fkey FOREIGN KEY (city_id, evidence_id) REFERENCES evidence (city_id, id),
    CONSTRAINT evidence_link_answers_count CHECK (0 < ALL (answers))
);
CREATE INDEX evidence_link_evidence ON evidence_link (city_id, evidence_id);
CREATE INDEX evidence_link_assessment ON evidence_link (city_id, assessment_id);

-- That an owner was told so many days before the last day; each once.
CREATE TABLE evidence_notice (
    evidence_id bigint NOT NULL,
    valid_until date NOT NULL,
    days        integer NOT NULL,
    city_id     bigint NOT NULL,
    noticed_at  timestamptz NOT NULL,
    CONSTRAINT evidence_notice_pkey PRIMARY KEY (city_id, evidence_id, valid_until, days),
    CONSTRAINT evidence_notice_evidence_fkey FOREIGN KEY (city_id, evidence_id) REFERENCES evidence (city_id, id),
    CONSTRAINT evidence_notice_days_known CHECK (days IN (60, 30, 7))
);

-- What happens to an entry's evidence is an edit of the entry like any other:
-- it counts in its versions and sets "changed since accepted" on past days too.
ALTER TABLE entry_revision
    ADD COLUMN evidence_act     text,
    ADD COLUMN evidence_id      bigint,
    ADD COLUMN evidence_version integer, -- number of its newest version then
    ADD COLUMN answers          integer[],
    ADD CONSTRAINT entry_revision_evidence_fkey FOREIGN KEY (city_id, evidence_id) REFERENCES evidence (city_id, id),
    ADD CONSTRAINT entry_revision_evidence_act_known CHECK (
        evidence_act IN ('link_evidence', 'unlink_evidence', 'new_version', 'withdraw_evidence')),
    DROP CONSTRAINT entry_revision_of_texts_or_a_figure,
    ADD CONSTRAINT entry_revision_of_one_thing CHECK (
        num_nulls(narrative, obstacles, solution) IN (0, 3)
        AND (year IS NULL) = (value IS NULL) AND (year IS NULL) = (source IS NULL)
        AND (target IS NULL OR year IS NOT NULL)
        AND num_nulls(evidence_act, evidence_id, evidence_version, answers) IN (0, 4)
        AND num_nonnulls(narrative, year, evidence_id) = 1);

-- Owners are told in their inbox. The title stands there as it was: who reads an
-- inbox has named no city, and sees none of its evidence.
ALTER TABLE inbox_item
    ADD COLUMN evidence_id    bigint,
    ADD COLUMN evidence_title text,
    ADD COLUMN valid_until    date,
    ADD CONSTRAINT inbox_item_evidence_fkey FOREIGN KEY (city_id, evidence_id) REFERENCES evidence (city_id, id),
    ADD CONSTRAINT inbox_item_of_evidence CHECK (
        num_nonnulls(evidence_id, evidence_title, valid_until) = CASE kind WHEN 'evidence_expiring' THEN 3 ELSE 0 END),
    DROP CONSTRAINT inbox_item_kind_known,
    ADD CONSTRAINT inbox_item_kind_known CHECK (kind IN (
        'invitation_accepted', 'role_changed', 'role_disabled', 'role_enabled', 'role_carried', 'password_reset', 'second_step_reset',
        'evidence_expiring'));

ALTER TABLE content          ENABLE ROW LEVEL SECURITY;
ALTER TABLE evidence         ENABLE ROW LEVEL SECURITY;
ALTER TABLE evidence_version ENABLE ROW LEVEL SECURITY;
ALTER TABLE evidence_text    ENABLE ROW LEVEL SECURITY;
ALTER TABLE evidence_search  ENABLE ROW LEVEL SECURITY;
ALTER TABLE evidence_link    ENABLE ROW LEVEL SECURITY;
ALTER TABLE evidence_notice  ENABLE ROW LEVEL SECURITY;
CREATE POLICY content_of_city          ON content          USING (city_id = (SELECT current_city()));
CREATE POLICY evidence_of_city         ON evidence         USING (city_id = (SELECT current_city()));
CREATE POLICY evidence_version_of_city ON evidence_version USING (city_id = (SELECT current_city()));
CREATE POLICY evidence_text_of_city    ON evidence_text    USING (city_id = (SELECT current_city()));
CREATE POLICY evidence_search_of_city  ON evidence_search  USING (city_id = (SELECT current_city()));
CREATE POLICY evidence_link_of_city    ON evidence_link    USING (city_id = (SELECT current_city()));
CREATE POLICY evidence_notice_of_city  ON evidence_notice  USING (city_id = (SELECT current_city()));

-- Append-only: no UPDATE, DELETE or TRUNCATE.
GRANT SELECT, INSERT ON content, evidence_version, evidence_text, evidence_notice TO learningcity_app;
GRANT SELECT, INSERT ON evidence, evidence_search, evidence_link TO learningcity_app;
GRANT UPDATE (department_id, title, document_number, issuer, issued_on, period_from, period_to, valid_until, access,
    language, note, version, latest, uses, answering, withdrawn_at, withdrawn_on, withdrawn_by, withdrawn_reason)
    ON evidence TO learningcity_app;
GRANT UPDATE (words) ON evidence_search TO learningcity_app;
GRANT UPDATE (answers, linked) ON evidence_link TO learningcity_app;

-- Whether a list shows the evidence: what it was asked for, to who may see it.
-- In PL/pgSQL, which is not unfolded into the query: PostgreSQL would take such a
-- long condition for one that next to nothing fulfils, and plan for that.
CREATE FUNCTION evidence_shown(e evidence, p_department bigint, p_show text, p_today date, p_soon date,
    p_restricted boolean, p_departments bigint[]) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE COST 1
AS $$
BEGIN
    RETURN (p_department = 0 OR e.department_id = p_department)
       AND (e.access = 'open' OR p_restricted OR e.department_id = ANY (p_departments))
       AND CASE p_show WHEN '' THEN true
           WHEN 'withdrawn' THEN e.withdrawn_at IS NOT NULL
           WHEN 'unused' THEN e.withdrawn_at IS NULL AND e.uses = 0
           WHEN 'unanswered' THEN e.withdrawn_at IS NULL AND e.uses > 0 AND e.answering = 0
           WHEN 'expiring' THEN e.withdrawn_at IS NULL AND e.valid_until BETWEEN p_today AND p_soon
           WHEN 'expired' THEN e.withdrawn_at IS NULL AND e.valid_until < p_today
           END;
END
$$;

-- The words as the index holds them.
CREATE FUNCTION city_words(p_words text[]) RETURNS tsvector
    LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp
AS $$ SELECT array_to_tsvector(ARRAY(SELECT current_city() || ':' || w FROM unnest(p_words) w)) $$;

-- The evidence of the named city in which every word begins another's word,
-- newest first, below p_before. It runs as the owner, since row-level security
-- keeps @@ from its index; what the reader may not see it leaves out itself.
-- Common words are found among the newest hundred, rare ones in the index: so a
-- page costs the same in a small city and in a large one.
CREATE FUNCTION search_evidence(p_words text[], p_before bigint, p_most integer, p_department bigint,
    p_show text, p_today date, p_soon date, p_restricted boolean, p_departments bigint[]) RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_city  bigint := current_city();
    v_query tsquery;
    v_edge  bigint;
    v_found bigint[];
BEGIN
    IF v_city IS NULL OR cardinality(p_words) = 0 THEN
        RETURN;
    END IF;
    SELECT string_agg('''' || v_city || ':' || replace(replace(w, '\', '\\'), '''', '''''') || ''':*', ' & ')::tsquery
    INTO v_query FROM unnest(p_words) w;
    SELECT min(n.evidence_id) INTO v_edge FROM (
        SELECT s.evidence_id FROM evidence_search s WHERE s.city_id = v_city AND s.evidence_id < p_before
        ORDER BY s.evidence_id DESC LIMIT 100) n;
    v_found := ARRAY(
        SELECT s.evidence_id FROM evidence_search s
        WHERE s.city_id = v_city AND s.evidence_id < p_before AND s.evidence_id >= v_edge AND s.words @@ v_query
          AND evidence_shown((SELECT e FROM evidence e WHERE e.city_id = v_city AND e.id = s.evidence_id), p_department, p_show, p_today, p_soon, p_restricted, p_departments)
        ORDER BY s.evidence_id DESC LIMIT p_most);
    RETURN QUERY SELECT unnest(v_found);
    IF cardinality(v_found) >= p_most THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH m AS MATERIALIZED (SELECT s.evidence_id FROM evidence_search s WHERE s.words @@ v_query)
    SELECT o.evidence_id FROM (SELECT m.evidence_id FROM m WHERE m.evidence_id < v_edge ORDER BY m.evidence_id DESC) o
    WHERE evidence_shown((SELECT e FROM evidence e WHERE e.city_id = v_city AND e.id = o.evidence_id),
                         p_department, p_show, p_today, p_soon, p_restricted, p_departments)
    LIMIT p_most - cardinality(v_found);
END
$$;

-- Contents belong to cities, the files to the installation: whoever sweeps or
-- checks them has named no city. It tells hashes and sizes, and not whose.
CREATE FUNCTION content_is_used(p_sha256 bytea) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT EXISTS (SELECT FROM content c WHERE c.sha256 = p_sha256);
END;
CREATE FUNCTION contents_after(p_after bytea, p_most integer) RETURNS TABLE (sha256 bytea, size bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT DISTINCT c.sha256, c.size FROM content c WHERE c.sha256 > p_after ORDER BY c.sha256 LIMIT p_most;
END;

REVOKE EXECUTE ON FUNCTION
    search_evidence(text[], bigint, integer, bigint, text, date, date, boolean, bigint[]),
    content_is_used(bytea), contents_after(bytea, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    search_evidence(text[], bigint, integer, bigint, text, date, date, boolean, bigint[]),
    content_is_used(bytea), contents_after(bytea, integer) TO learningcity_app;
