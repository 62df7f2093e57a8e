-- What experts recommend, and the tasks that departments get: out of a
-- recommendation, a direction, an obstacle, a proposed solution, a return, or by hand. Rows
-- say how things stand; the moves, which nobody changes, how they came to.

CREATE TABLE recommendation (
    id            bigint GENERATED ALWAYS AS IDENTITY,
    city_id       bigint NOT NULL,
    assessment_id bigint NOT NULL,
    given_on      date NOT NULL, -- the day of the advice; when it was typed in stands in the first move
    given_by      bigint NOT NULL,
    text          text NOT NULL,
    source        text NOT NULL, -- the conference or the document; may be empty
    required      boolean NOT NULL,
    state         text NOT NULL,
    version       integer NOT NULL, -- counts every act on it; forms carry it
    CONSTRAINT recommendation_pkey PRIMARY KEY (city_id, id),
    CONSTRAINT recommendation_of_assessment UNIQUE (city_id, assessment_id, id),
    CONSTRAINT recommendation_assessment_fkey FOREIGN KEY (city_id, assessment_id) REFERENCES assessment (city_id, id),
    CONSTRAINT recommendation_given_by_fkey FOREIGN KEY (given_by) REFERENCES account,
    CONSTRAINT recommendation_text_is_text CHECK (is_text(text) AND char_length(text) <= 2000),
    CONSTRAINT recommendation_source_composed CHECK (source IS NFC NORMALIZED AND char_length(source) <= 300),
    CONSTRAINT recommendation_state_known CHECK (state IN ('given', 'taken_on', 'declined', 'answered', 'closed')),
    CONSTRAINT recommendation_version_counts CHECK (version >= 1)
);

-- What it is about; without any, the assessment as a whole.
CREATE TABLE recommendation_entry (
    recommendation_id bigint NOT NULL,
    entry_id          bigint NOT NULL,
    city_id           bigint NOT NULL,
    assessment_id     bigint NOT NULL,
    CONSTRAINT recommendation_entry_pkey PRIMARY KEY (city_id, entry_id, recommendation_id),
    CONSTRAINT recommendation_entry_recommendation_fkey FOREIGN KEY (city_id, assessment_id, recommendation_id)
        REFERENCES recommendation (city_id, assessment_id, id),
    CONSTRAINT recommendation_entry_entry_fkey FOREIGN KEY (city_id, assessment_id, entry_id)
        REFERENCES entry (city_id, assessment_id, id)
);
CREATE INDEX recommendation_entry_recommendation ON recommendation_entry (city_id, recommendation_id);

CREATE TABLE recommendation_move (
    recommendation_id bigint NOT NULL,
    version           integer NOT NULL,
    city_id           bigint NOT NULL,
    act               text NOT NULL,
    state_from        text, -- null: it was given by this
    state_to          text NOT NULL,
    note              text NOT NULL,
    moved_on          date NOT NULL, -- the city's day
    recorded_at       timestamptz NOT NULL,
    recorded_by       bigint NOT NULL,
    CONSTRAINT recommendation_move_pkey PRIMARY KEY (city_id, recommendation_id, version),
    CONSTRAINT recommendation_move_recommendation_fkey FOREIGN KEY (city_id, recommendation_id) REFERENCES recommendation (city_id, id),
    CONSTRAINT recommendation_move_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES account,
    CONSTRAINT recommendation_move_act_leads_there CHECK (CASE act
        WHEN 'give_recommendation' THEN version = 1 AND state_from IS NULL AND state_to = 'given'
        WHEN 'take_on_recommendation' THEN state_from IN ('given', 'declined') AND state_to = 'taken_on'
        WHEN 'decline_recommendation' THEN state_from = 'given' AND state_to = 'declined'
        WHEN 'answer_recommendation' THEN state_from = 'taken_on' AND state_to = 'answered'
        WHEN 'close_recommendation' THEN state_from IN ('declined', 'answered') AND state_to = 'closed'
        WHEN 'reopen_recommendation' THEN state_from IN ('declined', 'answered', 'closed') AND state_to = 'given'
        ELSE false END),
    CONSTRAINT recommendation_move_note_composed CHECK (note IS NFC NORMALIZED AND char_length(note) <= 2000),
    CONSTRAINT recommendation_move_with_a_reason CHECK (
        act NOT IN ('decline_recommendation', 'reopen_recommendation') OR is_text(note))
);

-- The evidence that an answer names.
CREATE TABLE recommendation_evidence (
    recommendation_id bigint NOT NULL,
    version           integer NOT NULL,
    evidence_id       bigint NOT NULL,
    city_id           bigint NOT NULL,
    CONSTRAINT recommendation_evidence_pkey PRIMARY KEY (city_id, recommendation_id, version, evidence_id),
    CONSTRAINT recommendation_evidence_move_fkey FOREIGN KEY (city_id, recommendation_id, version)
        REFERENCES recommendation_move (city_id, recommendation_id, version),
    CONSTRAINT recommendation_evidence_evidence_fkey FOREIGN KEY (city_id, evidence_id) REFERENCES evidence (city_id, id)
);

CREATE TABLE task (
    id                bigint GENERATED ALWAYS AS IDENTITY,
    city_id           bigint NOT NULL,
    assessment_id     bigint NOT NULL,
    department_id     bigint NOT NULL,
    assignee_id       bigint, -- null: nobody by name
    title             text NOT NULL,
    detail            text NOT NULL, -- may be empty
    due_on            date NOT NULL,
    source            text NOT NULL, -- what it was made from
    source_entry_id   bigint,
    recommendation_id bigint,
    direction_id      bigint, -- the thread
    state             text NOT NULL,
    version           integer NOT NULL, -- counts every act on it; forms carry it
    created_by        bigint NOT NULL,
    CONSTRAINT task_pkey PRIMARY KEY (city_id, id),
    CONSTRAINT task_of_assessment UNIQUE (city_id, assessment_id, id),
    CONSTRAINT task_assessment_fkey FOREIGN KEY (city_id, assessment_id) REFERENCES assessment (city_id, id),
    CONSTRAINT task_department_fkey FOREIGN KEY (city_id, department_id) REFERENCES department (city_id, id),
    CONSTRAINT task_assignee_fkey FOREIGN KEY (city_id, assignee_id) REFERENCES membership (city_id, account_id),
    CONSTRAINT task_source_entry_fkey FOREIGN KEY (city_id, assessment_id, source_entry_id) REFERENCES entry (city_id, assessment_id, id),
    CONSTRAINT task_recommendation_fkey FOREIGN KEY (city_id, assessment_id, recommendation_id)
        REFERENCES recommendation (city_id, assessment_id, id),
    CONSTRAINT task_direction_fkey FOREIGN KEY (city_id, assessment_id, direction_id)
        REFERENCES thread (city_id, assessment_id, id),
    CONSTRAINT task_created_by_fkey FOREIGN KEY (created_by) REFERENCES account,
    CONSTRAINT task_title_is_text CHECK (is_text(title) AND char_length(title) <= 300),
    CONSTRAINT task_detail_composed CHECK (detail IS NFC NORMALIZED AND char_length(detail) <= 10000),
    CONSTRAINT task_source_names_its_kind CHECK (CASE source
        WHEN 'hand' THEN num_nonnulls(source_entry_id, recommendation_id, direction_id) = 0
        WHEN 'recommendation' THEN recommendation_id IS NOT NULL AND num_nonnulls(source_entry_id, direction_id) = 0
        WHEN 'direction' THEN direction_id IS NOT NULL AND num_nonnulls(source_entry_id, recommendation_id) = 0
        WHEN 'obstacle' THEN source_entry_id IS NOT NULL AND num_nonnulls(recommendation_id, direction_id) = 0
        WHEN 'solution' THEN source_entry_id IS NOT NULL AND num_nonnulls(recommendation_id, direction_id) = 0
        WHEN 'return' THEN source_entry_id IS NOT NULL AND num_nonnulls(recommendation_id, direction_id) = 0
        ELSE false END),
    CONSTRAINT task_state_known CHECK (state IN ('open', 'done', 'dropped')),
    CONSTRAINT task_version_counts CHECK (version >= 1)
);
CREATE INDEX task_due ON task (city_id, assessment_id, due_on, id);
CREATE INDEX task_recommendation ON task (city_id, recommendation_id) WHERE recommendation_id IS NOT NULL;

-- What it is about; without any, the assessment as a whole.
CREATE TABLE task_entry (
    task_id       bigint NOT NULL,
    entry_id      bigint NOT NULL,
    city_id       bigint NOT NULL,
    assessment_id bigint NOT NULL,
    CONSTRAINT task_entry_pkey PRIMARY KEY (city_id, entry_id, task_id),
    CONSTRAINT task_entry_task_fkey FOREIGN KEY (city_id, assessment_id, task_id) REFERENCES task (city_id, assessment_id, id),
    CONSTRAINT task_entry_entry_fkey FOREIGN KEY (city_id, assessment_id, entry_id) REFERENCES entry (city_id, assessment_id, id)
);
CREATE INDEX task_entry_task ON task_entry (city_id, task_id);

CREATE TABLE task_move (
    task_id     bigint NOT NULL,
    version     integer NOT NULL,
    city_id     bigint NOT NULL,
    act         text NOT NULL,
    state_from  text, -- null: it was given by this
    state_to    text NOT NULL,
    note        text NOT NULL,
    moved_on    date NOT NULL, -- the city's day
    recorded_at timestamptz NOT NULL,
    recorded_by bigint NOT NULL,
    CONSTRAINT task_move_pkey PRIMARY KEY (city_id, task_id, version),
    CONSTRAINT task_move_task_fkey FOREIGN KEY (city_id, task_id) REFERENCES task (city_id, id),
    CONSTRAINT task_move_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES account,
    CONSTRAINT task_move_act_leads_there CHECK (CASE act
        WHEN 'give_task' THEN version = 1 AND state_from IS NULL AND state_to = 'open'
        WHEN 'change_task' THEN state_from = 'open' AND state_to = 'open'
        WHEN 'complete_task' THEN state_from = 'open' AND state_to = 'done'
        WHEN 'drop_task' THEN state_from = 'open' AND state_to = 'dropped'
        WHEN 'reopen_task' THEN state_from IN ('done', 'dropped') AND state_to = 'open'
        ELSE false END),
    CONSTRAINT task_move_note_composed CHECK (note IS NFC NORMALIZED AND char_length(note) <= 2000),
    CONSTRAINT task_move_with_a_reason CHECK (act NOT IN ('drop_task', 'reopen_task') OR is_text(note))
);

-- The evidence with which a task was done.
CREATE TABLE task_evidence (
    task_id     bigint NOT NULL,
    version     integer NOT NULL,
    evidence_id bigint NOT NULL,
    city_id     bigint NOT NULL,
    CONSTRAINT task_evidence_pkey PRIMARY KEY (city_id, task_id, version, evidence_id),
    CONSTRAINT task_evidence_move_fkey FOREIGN KEY (city_id, task_id, version) REFERENCES task_move (city_id, task_id, version),
    CONSTRAINT task_evidence_evidence_fkey FOREIGN KEY (city_id, evidence_id) REFERENCES evidence (city_id, id)
);

-- People are told in their inbox. How the recommendation or the task begins
-- stands there as it was: who reads an inbox has named no city.
ALTER TABLE inbox_item
    ADD COLUMN recommendation_id bigint,
    ADD COLUMN task_id           bigint,
    ADD COLUMN about             text,
    ADD CONSTRAINT inbox_item_recommendation_fkey FOREIGN KEY (city_id, recommendation_id) REFERENCES recommendation (city_id, id),
    ADD CONSTRAINT inbox_item_task_fkey FOREIGN KEY (city_id, task_id) REFERENCES task (city_id, id),
    ADD CONSTRAINT inbox_item_of_recommendation CHECK ((recommendation_id IS NOT NULL) = (kind LIKE 'recommendation\_%')),
    ADD CONSTRAINT inbox_item_of_task CHECK ((task_id IS NOT NULL) = (kind LIKE 'task\_%')),
    ADD CONSTRAINT inbox_item_about_something CHECK ((about IS NOT NULL) = (num_nonnulls(recommendation_id, task_id) = 1)),
    DROP CONSTRAINT inbox_item_kind_known,
    ADD CONSTRAINT inbox_item_kind_known CHECK (kind IN (
        'invitation_accepted', 'role_changed', 'role_disabled', 'role_enabled', 'role_carried', 'password_reset', 'second_step_reset',
        'evidence_expiring', 'comment', 'mention', 'direction', 'answered', 'recommendation_given', 'recommendation_taken_on', 'recommendation_declined',
        'recommendation_answered', 'recommendation_closed', 'recommendation_reopened', 'task_given', 'task_done'));

ALTER TABLE recommendation          ENABLE ROW LEVEL SECURITY;
ALTER TABLE recommendation_entry    ENABLE ROW LEVEL SECURITY;
ALTER TABLE recommendation_move     ENABLE ROW LEVEL SECURITY;
ALTER TABLE recommendation_evidence ENABLE ROW LEVEL SECURITY;
ALTER TABLE task                    ENABLE ROW LEVEL SECURITY;
ALTER TABLE task_entry              ENABLE ROW LEVEL SECURITY;
ALTER TABLE task_move               ENABLE ROW LEVEL SECURITY;
ALTER TABLE task_evidence           ENABLE ROW LEVEL SECURITY;
CREATE POLICY recommendation_of_city          ON recommendation          USING (city_id = (SELECT current_city()));
CREATE POLICY recommendation_entry_of_city    ON recommendation_entry    USING (city_id = (SELECT current_city()));
CREATE POLICY recommendation_move_of_city     ON recommendation_move     USING (city_id = (SELECT current_city()));
CREATE POLICY recommendation_evidence_of_city ON recommendation_evidence USING (city_id = (SELECT current_city()));
CREATE POLICY task_of_city                    ON task                    USING (city_id = (SELECT current_city()));
CREATE POLICY task_entry_of_city              ON task_entry              USING (city_id = (SELECT current_city()));
CREATE POLICY task_move_of_city               ON task_move               USING (city_id = (SELECT current_city()));
CREATE POLICY task_evidence_of_city           ON task_evidence           USING (city_id = (SELECT current_city()));

-- Append-only but for how things stand: no UPDATE, DELETE or TRUNCATE.
GRANT SELECT, INSERT ON recommendation, recommendation_entry, recommendation_move, recommendation_evidence,
    task, task_entry, task_move, task_evidence TO learningcity_app;
GRANT UPDATE (state, version) ON recommendation TO learningcity_app;
GRANT UPDATE (department_id, assignee_id, title, detail, due_on, state, version) ON task TO learningcity_app;
