-- How an assessment ends: it is submitted, or closed without that, and may be
-- opened again. What is closed is frozen. The next one may begin with what an
-- earlier one ended with.

ALTER TABLE assessment
    ADD COLUMN version      integer NOT NULL DEFAULT 1, -- counts how often it was closed and reopened
    ADD COLUMN submitted    boolean NOT NULL DEFAULT false,
    ADD COLUMN carried_from bigint, -- the one whose claims and evidence it began with
    ADD CONSTRAINT assessment_version_counts CHECK (version >= 1),
    ADD CONSTRAINT assessment_submitted_when_closed CHECK (NOT submitted OR closed_on IS NOT NULL),
    ADD CONSTRAINT assessment_carried_from_fkey FOREIGN KEY (city_id, carried_from) REFERENCES assessment (city_id, id),
    ADD CONSTRAINT assessment_carried_from_another CHECK (carried_from <> id);

CREATE TABLE assessment_move (
    assessment_id bigint NOT NULL,
    version       integer NOT NULL, -- of the assessment after it
    city_id       bigint NOT NULL,
    act           text NOT NULL,
    note          text NOT NULL,
    moved_on      date NOT NULL, -- the city's day
    recorded_at   timestamptz NOT NULL,
    recorded_by   bigint NOT NULL,
    CONSTRAINT assessment_move_pkey PRIMARY KEY (assessment_id, version),
    CONSTRAINT assessment_move_assessment_fkey FOREIGN KEY (city_id, assessment_id) REFERENCES assessment (city_id, id),
    CONSTRAINT assessment_move_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES account,
    CONSTRAINT assessment_move_version_counts CHECK (version >= 2),
    CONSTRAINT assessment_move_act_known CHECK (act IN ('submit_assessment', 'close_assessment', 'reopen_assessment')),
    CONSTRAINT assessment_move_note_composed CHECK (note IS NFC NORMALIZED AND char_length(note) <= 2000),
    CONSTRAINT assessment_move_with_a_reason CHECK (act = 'submit_assessment' OR is_text(note))
);

ALTER TABLE entry
    ADD COLUMN to_confirm boolean NOT NULL DEFAULT false, -- the claim is an earlier assessment's
    ADD CONSTRAINT entry_to_confirm_as_carried CHECK (NOT to_confirm OR verdict = 'none' AND claim <> 'not_started');

-- A history that begins with a claim begins with an earlier assessment's.
ALTER TABLE status_change
    DROP CONSTRAINT status_change_act_known,
    ADD CONSTRAINT status_change_act_known CHECK (act IN
        ('open', 'carry_over', 'confirm_claim', 'change_claim', 'submit', 'withdraw', 'accept', 'return', 'reopen')),
    ADD CONSTRAINT status_change_begins_with_a_claim CHECK (
        (act = 'carry_over') = (entry_version = 1 AND claim_to <> 'not_started')
        AND (act <> 'carry_over' OR claim_from = 'not_started' AND verdict_from = 'none' AND verdict_to = 'none')),
    ADD CONSTRAINT status_change_confirms_the_claim CHECK (
        act <> 'confirm_claim' OR claim_from = claim_to AND verdict_from = 'none' AND verdict_to = 'none');

ALTER TABLE status_change
    DROP CONSTRAINT status_change_follows_the_table,
    ADD CONSTRAINT status_change_follows_the_table CHECK (
        (act IN ('open', 'change_claim', 'carry_over', 'confirm_claim') OR claim_from = 'achieved' AND claim_to = 'achieved')
        AND CASE act
            WHEN 'open' THEN claim_from = 'not_started' AND claim_to = 'not_started' AND verdict_from = 'none' AND verdict_to = 'none'
            WHEN 'carry_over' THEN claim_from = 'not_started' AND verdict_from = 'none' AND verdict_to = 'none'
            WHEN 'confirm_claim' THEN claim_from = claim_to AND verdict_from = 'none' AND verdict_to = 'none'
            WHEN 'change_claim' THEN claim_from <> claim_to AND verdict_to = 'none'
            WHEN 'submit' THEN verdict_from IN ('none', 'returned') AND verdict_to = 'awaiting'
            WHEN 'withdraw' THEN verdict_from = 'awaiting' AND verdict_to = 'none'
            WHEN 'accept' THEN verdict_from IN ('awaiting', 'accepted') AND verdict_to = 'accepted'
            WHEN 'return' THEN verdict_from IN ('awaiting', 'accepted') AND verdict_to = 'returned'
            WHEN 'reopen' THEN verdict_from = 'accepted' AND verdict_to = 'awaiting'
        END);

ALTER TABLE entry_revision ADD COLUMN carried boolean NOT NULL DEFAULT false; -- over from an earlier assessment

-- What is closed is frozen also for SQL that no rule has looked at. The policies
-- refuse and hide nothing: WITH CHECK looks at what is written, and a row
-- belongs to its assessment for good. The owner, who restores, is not forced. A
-- subquery in place costs a saved claim less than a function.
CREATE POLICY entry_of_open_assessment ON entry AS RESTRICTIVE FOR UPDATE
    USING (true) WITH CHECK (EXISTS (SELECT FROM assessment a WHERE a.id = entry.assessment_id AND a.closed_on IS NULL));
CREATE POLICY entry_into_open_assessment ON entry AS RESTRICTIVE FOR INSERT
    WITH CHECK (EXISTS (SELECT FROM assessment a WHERE a.id = entry.assessment_id AND a.closed_on IS NULL));
CREATE POLICY measurement_of_open_assessment ON measurement AS RESTRICTIVE FOR UPDATE
    USING (true) WITH CHECK (EXISTS (SELECT FROM assessment a WHERE a.id = measurement.assessment_id AND a.closed_on IS NULL));
CREATE POLICY measurement_into_open_assessment ON measurement AS RESTRICTIVE FOR INSERT
    WITH CHECK (EXISTS (SELECT FROM assessment a WHERE a.id = measurement.assessment_id AND a.closed_on IS NULL));
CREATE POLICY evidence_link_of_open_assessment ON evidence_link AS RESTRICTIVE FOR UPDATE
    USING (true) WITH CHECK (EXISTS (SELECT FROM assessment a WHERE a.id = evidence_link.assessment_id AND a.closed_on IS NULL));
CREATE POLICY evidence_link_into_open_assessment ON evidence_link AS RESTRICTIVE FOR INSERT
    WITH CHECK (EXISTS (SELECT FROM assessment a WHERE a.id = evidence_link.assessment_id AND a.closed_on IS NULL));
CREATE POLICY status_change_into_open_assessment ON status_change AS RESTRICTIVE FOR INSERT
    WITH CHECK (EXISTS (SELECT FROM assessment a WHERE a.id = status_change.assessment_id AND a.closed_on IS NULL));
CREATE POLICY entry_revision_into_open_assessment ON entry_revision AS RESTRICTIVE FOR INSERT
    WITH CHECK (EXISTS (SELECT FROM assessment a WHERE a.id = entry_revision.assessment_id AND a.closed_on IS NULL));
CREATE POLICY former_assignment_into_open_assessment ON former_assignment AS RESTRICTIVE FOR INSERT
    WITH CHECK (EXISTS (SELECT FROM assessment a WHERE a.id = former_assignment.assessment_id AND a.closed_on IS NULL));
-- So are conversations on its entries, and no tasks come out of them any more.
-- What experts recommend, and the tasks of that, go on.
CREATE POLICY thread_of_open_assessment ON thread AS RESTRICTIVE FOR UPDATE
    USING (true) WITH CHECK (assessment_id IS NULL OR EXISTS (
        SELECT FROM assessment a WHERE a.id = thread.assessment_id AND a.closed_on IS NULL));
CREATE POLICY thread_into_open_assessment ON thread AS RESTRICTIVE FOR INSERT
    WITH CHECK (assessment_id IS NULL OR EXISTS (
        SELECT FROM assessment a WHERE a.id = thread.assessment_id AND a.closed_on IS NULL));
CREATE POLICY comment_of_open_assessment ON comment AS RESTRICTIVE FOR UPDATE
    USING (true) WITH CHECK (NOT EXISTS (SELECT FROM thread t JOIN assessment a ON a.id = t.assessment_id
        WHERE t.city_id = comment.city_id AND t.id = comment.thread_id AND a.closed_on IS NOT NULL));
CREATE POLICY comment_into_open_assessment ON comment AS RESTRICTIVE FOR INSERT
    WITH CHECK (NOT EXISTS (SELECT FROM thread t JOIN assessment a ON a.id = t.assessment_id
        WHERE t.city_id = comment.city_id AND t.id = comment.thread_id AND a.closed_on IS NOT NULL));
CREATE POLICY comment_revision_into_open_assessment ON comment_revision AS RESTRICTIVE FOR INSERT
    WITH CHECK (NOT EXISTS (SELECT FROM thread t JOIN assessment a ON a.id = t.assessment_id
        WHERE t.city_id = comment_revision.city_id AND t.id = comment_revision.thread_id AND a.closed_on IS NOT NULL));
CREATE POLICY comment_mention_into_open_assessment ON comment_mention AS RESTRICTIVE FOR INSERT
    WITH CHECK (NOT EXISTS (SELECT FROM thread t JOIN assessment a ON a.id = t.assessment_id
        WHERE t.city_id = comment_mention.city_id AND t.id = comment_mention.thread_id AND a.closed_on IS NOT NULL));
CREATE POLICY task_into_open_assessment ON task AS RESTRICTIVE FOR INSERT
    WITH CHECK (source = 'recommendation' OR EXISTS (
        SELECT FROM assessment a WHERE a.id = task.assessment_id AND a.closed_on IS NULL));
REVOKE UPDATE ON measurement FROM learningcity_app;
GRANT UPDATE (value, target, source) ON measurement TO learningcity_app;

ALTER TABLE assessment_move ENABLE ROW LEVEL SECURITY;
CREATE POLICY assessment_move_of_city ON assessment_move USING (city_id = (SELECT current_city()));
-- Append-only: no UPDATE, DELETE or TRUNCATE.
GRANT SELECT, INSERT ON assessment_move TO learningcity_app;
GRANT UPDATE (version, submitted) ON assessment TO learningcity_app;
