-- What people say to each other on an entry or on a piece of evidence: threads
-- of comments, and directions, which a leader gives and a department answers.
-- Nothing of it is ever erased: what was edited or deleted stays in
-- comment_revision.

-- The audiences that the transaction reads for. Like the city it is named in
-- every transaction; a thread of another audience is not there.
CREATE FUNCTION current_audiences() RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN string_to_array(current_setting('learningcity.audiences', true), ',');

-- The audience goes along into every table below, for row-level security.
CREATE TABLE thread (
    id            bigint GENERATED ALWAYS AS IDENTITY,
    city_id       bigint NOT NULL,
    kind          text NOT NULL,
    audience      text NOT NULL,
    assessment_id bigint, -- of the entry
    entry_id      bigint,
    evidence_id   bigint,
    due_on        date, -- of a direction
    version       integer NOT NULL, -- counts answering, resolving, reopening; forms carry it
    comments      integer NOT NULL, -- how many there are, deleted ones too
    opened_at     timestamptz NOT NULL,
    opened_by     bigint NOT NULL,
    answered_at   timestamptz,
    answered_by   bigint,
    resolved_at   timestamptz,
    resolved_by   bigint,
    CONSTRAINT thread_pkey PRIMARY KEY (city_id, id),
    CONSTRAINT thread_city_fkey FOREIGN KEY (city_id) REFERENCES city,
    CONSTRAINT thread_entry_fkey FOREIGN KEY (city_id, assessment_id, entry_id)
        REFERENCES entry (city_id, assessment_id, id),
    CONSTRAINT thread_evidence_fkey FOREIGN KEY (city_id, evidence_id) REFERENCES evidence (city_id, id),
    CONSTRAINT thread_opened_by_fkey FOREIGN KEY (opened_by) REFERENCES account,
    CONSTRAINT thread_answered_by_fkey FOREIGN KEY (answered_by) REFERENCES account,
    CONSTRAINT thread_resolved_by_fkey FOREIGN KEY (resolved_by) REFERENCES account,
    CONSTRAINT thread_of_audience UNIQUE (city_id, id, audience),
    CONSTRAINT thread_of_assessment UNIQUE (city_id, assessment_id, id),
    CONSTRAINT thread_kind_known CHECK (kind IN ('comment', 'direction')),
    CONSTRAINT thread_audience_known CHECK (audience IN ('city', 'internal')),
    CONSTRAINT thread_on_one_thing CHECK (
        num_nonnulls(assessment_id, entry_id) = CASE WHEN evidence_id IS NULL THEN 2 ELSE 0 END),
    CONSTRAINT thread_direction_on_an_entry CHECK (kind <> 'direction' OR entry_id IS NOT NULL),
    CONSTRAINT thread_direction_for_the_city CHECK (kind <> 'direction' OR audience = 'city'),
    CONSTRAINT thread_direction_has_a_day CHECK ((kind = 'direction') = (due_on IS NOT NULL)),
    CONSTRAINT thread_direction_is_answered CHECK (
        num_nulls(answered_at, answered_by) IN (0, 2) AND (kind = 'direction' OR answered_at IS NULL)),
    CONSTRAINT thread_resolved_by_somebody CHECK (num_nulls(resolved_at, resolved_by) IN (0, 2)),
    CONSTRAINT thread_version_counts CHECK (version >= 1),
    CONSTRAINT thread_comments_count CHECK (comments BETWEEN 1 AND 500)
);
CREATE INDEX thread_entry ON thread (city_id, entry_id) WHERE entry_id IS NOT NULL;
CREATE INDEX thread_evidence ON thread (city_id, evidence_id) WHERE evidence_id IS NOT NULL;
CREATE INDEX thread_direction ON thread (city_id, id) WHERE kind = 'direction';

CREATE TABLE comment (
    thread_id  bigint NOT NULL,
    number     integer NOT NULL, -- in its thread
    city_id    bigint NOT NULL,
    audience   text NOT NULL,
    version    integer NOT NULL, -- counts its texts; forms carry it
    text       text, -- null: deleted
    answers    boolean NOT NULL, -- the direction
    written_at timestamptz NOT NULL,
    written_by bigint NOT NULL,
    written_as text NOT NULL, -- the author's role then
    edited_at  timestamptz,
    deleted_at timestamptz, -- by its author
    CONSTRAINT comment_pkey PRIMARY KEY (city_id, thread_id, number),
    CONSTRAINT comment_thread_fkey FOREIGN KEY (city_id, thread_id, audience) REFERENCES thread (city_id, id, audience),
    CONSTRAINT comment_written_by_fkey FOREIGN KEY (written_by) REFERENCES account,
    CONSTRAINT comment_of_audience UNIQUE (city_id, thread_id, number, audience),
    CONSTRAINT comment_number_counts CHECK (number >= 1 AND version >= 1),
    CONSTRAINT comment_written_as_known CHECK (written_as IN ('staff', 'coordinator', 'reviewer', 'leader', 'expert')),
    CONSTRAINT comment_text_is_text CHECK (is_text(text)),
    CONSTRAINT comment_text_length CHECK (char_length(text) <= 4000),
    CONSTRAINT comment_deleted_without_text CHECK ((text IS NULL) = (deleted_at IS NOT NULL))
);

-- Every text that a comment ever had, its first among them.
CREATE TABLE comment_revision (
    thread_id   bigint NOT NULL,
    number      integer NOT NULL,
    version     integer NOT NULL,
    city_id     bigint NOT NULL,
    audience    text NOT NULL,
    text        text, -- null: deleted
    recorded_at timestamptz NOT NULL,
    recorded_by bigint NOT NULL,
    CONSTRAINT comment_revision_pkey PRIMARY KEY (city_id, thread_id, number, version),
    CONSTRAINT comment_revision_comment_fkey FOREIGN KEY (city_id, thread_id, number, audience)
        REFERENCES comment (city_id, thread_id, number, audience),
    CONSTRAINT comment_revision_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES account,
    CONSTRAINT comment_revision_version_counts CHECK (version >= 1),
    CONSTRAINT comment_revision_text_is_text CHECK (is_text(text) AND char_length(text) <= 4000)
);

-- Whom a comment mentions.
CREATE TABLE comment_mention (
    thread_id  bigint NOT NULL,
    number     integer NOT NULL,
    account_id bigint NOT NULL,
    city_id    bigint NOT NULL,
    audience   text NOT NULL,
    CONSTRAINT comment_mention_pkey PRIMARY KEY (city_id, thread_id, number, account_id),
    CONSTRAINT comment_mention_comment_fkey FOREIGN KEY (city_id, thread_id, number, audience)
        REFERENCES comment (city_id, thread_id, number, audience),
    CONSTRAINT comment_mention_account_fkey FOREIGN KEY (city_id, account_id) REFERENCES membership (city_id, account_id)
);

ALTER TABLE thread           ENABLE ROW LEVEL SECURITY;
ALTER TABLE comment          ENABLE ROW LEVEL SECURITY;
ALTER TABLE comment_revision ENABLE ROW LEVEL SECURITY;
ALTER TABLE comment_mention  ENABLE ROW LEVEL SECURITY;
CREATE POLICY thread_of_audience ON thread
    USING (city_id = (SELECT current_city()) AND audience = ANY ((SELECT current_audiences())::text[]));
CREATE POLICY comment_of_audience ON comment
    USING (city_id = (SELECT current_city()) AND audience = ANY ((SELECT current_audiences())::text[]));
CREATE POLICY comment_revision_of_audience ON comment_revision
    USING (city_id = (SELECT current_city()) AND audience = ANY ((SELECT current_audiences())::text[]));
CREATE POLICY comment_mention_of_audience ON comment_mention
    USING (city_id = (SELECT current_city()) AND audience = ANY ((SELECT current_audiences())::text[]));

-- The record of what reviewers say among themselves is theirs as well.
ALTER POLICY audit_of_city ON audit
    USING (city_id = (SELECT current_city()) AND (
        NOT starts_with(subject, 'internal_thread ') OR 'internal' = ANY ((SELECT current_audiences())::text[])));

-- Append-only: no UPDATE, DELETE or TRUNCATE.
GRANT SELECT, INSERT ON comment_revision, comment_mention TO learningcity_app;
GRANT SELECT, INSERT ON thread, comment TO learningcity_app;
GRANT UPDATE (version, comments, answered_at, answered_by, resolved_at, resolved_by) ON thread TO learningcity_app;
GRANT UPDATE (version, text, edited_at, deleted_at) ON comment TO learningcity_app;

-- People are told of a thread. What it is on stands there as it was called: who
-- reads an inbox has named no city.
ALTER TABLE inbox_item
    ADD COLUMN thread_id    bigint,
    ADD COLUMN thread_code  text, -- of the indicator
    ADD COLUMN thread_title text, -- of the evidence
    ADD CONSTRAINT inbox_item_thread_fkey FOREIGN KEY (city_id, thread_id) REFERENCES thread (city_id, id),
    ADD CONSTRAINT inbox_item_of_a_thread CHECK (
        CASE WHEN kind IN ('comment', 'mention', 'direction', 'answered')
             THEN thread_id IS NOT NULL AND num_nonnulls(thread_code, thread_title) = 1
             ELSE num_nonnulls(thread_id, thread_code, thread_title) = 0 END),
    DROP CONSTRAINT inbox_item_kind_known,
    ADD CONSTRAINT inbox_item_kind_known CHECK (kind IN (
        'invitation_accepted', 'role_changed', 'role_disabled', 'role_enabled', 'role_carried', 'password_reset', 'second_step_reset',
        'evidence_expiring', 'comment', 'mention', 'direction', 'answered'));
