-- What a city says, and the history of it. Every row carries city_id, and the
-- foreign keys carry it too, so that no row can point into another city.

CREATE TABLE assessment (
    id                bigint GENERATED ALWAYS AS IDENTITY,
    city_id           bigint NOT NULL,
    number            integer NOT NULL, -- counts within the city; stands in addresses
    framework_id      bigint NOT NULL,
    name_vi           text NOT NULL,
    name_en           text NOT NULL,
    opened_on         date NOT NULL,
    submission_due_on date NOT NULL,
    closed_on         date,
    needs_review      boolean NOT NULL,
    CONSTRAINT assessment_pkey PRIMARY KEY (id),
    CONSTRAINT assessment_city_fkey FOREIGN KEY (city_id) REFERENCES city,
    CONSTRAINT assessment_framework_fkey FOREIGN KEY (framework_id) REFERENCES framework,
    CONSTRAINT assessment_number_once UNIQUE (city_id, number),
    CONSTRAINT assessment_of_city UNIQUE (city_id, id, framework_id),
    CONSTRAINT assessment_of_city_only UNIQUE (city_id, id),
    CONSTRAINT assessment_name_is_text CHECK (is_text(name_vi) AND is_text(name_en)),
    CONSTRAINT assessment_due_after_opening CHECK (submission_due_on >= opened_on),
    CONSTRAINT assessment_closed_after_opening CHECK (closed_on >= opened_on)
);

CREATE TABLE milestone (
    id            bigint GENERATED ALWAYS AS IDENTITY,
    city_id       bigint NOT NULL,
    assessment_id bigint NOT NULL,
    held_on       date NOT NULL,
    title_vi      text NOT NULL,
    title_en      text NOT NULL,
    published     boolean NOT NULL,
    CONSTRAINT milestone_pkey PRIMARY KEY (id),
    CONSTRAINT milestone_assessment_fkey FOREIGN KEY (city_id, assessment_id) REFERENCES assessment (city_id, id),
    CONSTRAINT milestone_title_is_text CHECK (is_text(title_vi) AND is_text(title_en))
);
CREATE INDEX milestone_assessment ON milestone (assessment_id, held_on);

CREATE TABLE entry (
    id            bigint GENERATED ALWAYS AS IDENTITY,
    city_id       bigint NOT NULL,
    assessment_id bigint NOT NULL,
    framework_id  bigint NOT NULL,
    indicator_id  bigint NOT NULL,
    department_id bigint,
    due_on        date,
    version       integer NOT NULL, -- counts every act on the entry
    claim         text NOT NULL,
    verdict       text NOT NULL,
    changed       boolean NOT NULL, -- edited since accepted
    changed_on    date NOT NULL, -- effective date of the last status change
    submitted_by  bigint,
    reviewed_by   bigint,
    narrative     text NOT NULL DEFAULT '',
    obstacles     text NOT NULL DEFAULT '',
    solution      text NOT NULL DEFAULT '',
    updated_at    timestamptz NOT NULL,
    CONSTRAINT entry_pkey PRIMARY KEY (id),
    CONSTRAINT entry_assessment_fkey FOREIGN KEY (city_id, assessment_id, framework_id)
        REFERENCES assessment (city_id, id, framework_id),
    CONSTRAINT entry_indicator_fkey FOREIGN KEY (framework_id, indicator_id)
        REFERENCES indicator (framework_id, id),
    CONSTRAINT entry_department_fkey FOREIGN KEY (city_id, department_id) REFERENCES department (city_id, id),
    CONSTRAINT entry_submitted_by_fkey FOREIGN KEY (submitted_by) REFERENCES account,
    CONSTRAINT entry_reviewed_by_fkey FOREIGN KEY (reviewed_by) REFERENCES account,
    CONSTRAINT entry_once UNIQUE (assessment_id, indicator_id),
    CONSTRAINT entry_of_assessment UNIQUE (city_id, assessment_id, id),
    CONSTRAINT entry_version_counts CHECK (version >= 1),
    CONSTRAINT entry_claim_known CHECK (claim IN ('not_started', 'in_progress', 'achieved')),
    CONSTRAINT entry_verdict_known CHECK (verdict IN ('none', 'awaiting', 'returned', 'accepted')),
    CONSTRAINT entry_verdict_on_achieved_only CHECK (verdict = 'none' OR claim = 'achieved'),
    CONSTRAINT entry_changed_when_accepted_only CHECK (NOT changed OR verdict = 'accepted'),
    CONSTRAINT entry_submitted_by_somebody CHECK ((verdict = 'none') = (submitted_by IS NULL)),
    CONSTRAINT entry_reviewed_by_somebody CHECK (verdict NOT IN ('returned', 'accepted') OR reviewed_by IS NOT NULL),
    CONSTRAINT entry_reviewer_is_not_submitter CHECK (reviewed_by <> submitted_by),
    CONSTRAINT entry_narrative_composed CHECK (
        narrative IS NFC NORMALIZED AND obstacles IS NFC NORMALIZED AND solution IS NFC NORMALIZED),
    CONSTRAINT entry_narrative_length CHECK (
        greatest(char_length(narrative), char_length(obstacles), char_length(solution)) <= 10000)
);

-- The state on day D is each entry's last change with effective_on <= D, in
-- the order (effective_on, entry_version).
CREATE TABLE status_change (
    entry_id      bigint NOT NULL,
    entry_version integer NOT NULL,
    city_id       bigint NOT NULL,
    assessment_id bigint NOT NULL,
    act           text NOT NULL,
    claim_from    text NOT NULL,
    claim_to      text NOT NULL,
    verdict_from  text NOT NULL,
    verdict_to    text NOT NULL,
    note          text NOT NULL,
    effective_on  date NOT NULL,
    recorded_at   timestamptz NOT NULL,
    recorded_by   bigint NOT NULL,
    CONSTRAINT status_change_pkey PRIMARY KEY (entry_id, entry_version),
    CONSTRAINT status_change_entry_fkey FOREIGN KEY (city_id, assessment_id, entry_id)
        REFERENCES entry (city_id, assessment_id, id),
    CONSTRAINT status_change_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES account,
    CONSTRAINT status_change_act_known CHECK (act IN
        ('open', 'change_claim', 'submit', 'withdraw', 'accept', 'return', 'reopen')),
    CONSTRAINT status_change_claim_known CHECK (
        claim_from IN ('not_started', 'in_progress', 'achieved')
        AND claim_to IN ('not_started', 'in_progress', 'achieved')),
    CONSTRAINT status_change_verdict_known CHECK (
        verdict_from IN ('none', 'awaiting', 'returned', 'accepted')
        AND verdict_to IN ('none', 'awaiting', 'returned', 'accepted')),
    CONSTRAINT status_change_note_composed CHECK (note IS NFC NORMALIZED),
    CONSTRAINT status_change_note_length CHECK (char_length(note) <= 2000)
);
-- All that figures need, so that they are counted from the index alone: in the
-- table a city's history lies scattered among those of all others.
CREATE INDEX status_change_assessment ON status_change (city_id, assessment_id)
    INCLUDE (entry_id, entry_version, effective_on, recorded_at, claim_to, verdict_to);

-- Every edit of the texts or of a year's figure. A revision of the texts holds
-- all three as they were then; a revision of a figure holds the year.
CREATE TABLE entry_revision (
    entry_id      bigint NOT NULL,
    entry_version integer NOT NULL,
    city_id       bigint NOT NULL,
    assessment_id bigint NOT NULL,
    narrative     text,
    obstacles     text,
    solution      text,
    year          integer,
    value         numeric(17, 1),
    target        numeric(17, 1),
    source        text,
    effective_on  date NOT NULL,
    recorded_at   timestamptz NOT NULL,
    recorded_by   bigint NOT NULL,
    CONSTRAINT entry_revision_pkey PRIMARY KEY (entry_id, entry_version),
    CONSTRAINT entry_revision_entry_fkey FOREIGN KEY (city_id, assessment_id, entry_id)
        REFERENCES entry (city_id, assessment_id, id),
    CONSTRAINT entry_revision_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES account,
    CONSTRAINT entry_revision_of_texts_or_a_figure CHECK (
        num_nulls(narrative, obstacles, solution) IN (0, 3)
        AND (narrative IS NULL) = (year IS NOT NULL)
        AND (year IS NULL) = (value IS NULL) AND (year IS NULL) = (source IS NULL)
        AND (target IS NULL OR year IS NOT NULL))
);
CREATE INDEX entry_revision_assessment ON entry_revision (city_id, assessment_id)
    INCLUDE (entry_id, entry_version, effective_on, recorded_at);

-- The figure of one year as it is now; entry_revision keeps what it was.
CREATE TABLE measurement (
    entry_id      bigint NOT NULL,
    year          integer NOT NULL,
    city_id       bigint NOT NULL,
    assessment_id bigint NOT NULL,
    value         numeric(17, 1) NOT NULL,
    target        numeric(17, 1),
    source        text NOT NULL,
    CONSTRAINT measurement_pkey PRIMARY KEY (entry_id, year),
    CONSTRAINT measurement_entry_fkey FOREIGN KEY (city_id, assessment_id, entry_id)
        REFERENCES entry (city_id, assessment_id, id),
    CONSTRAINT measurement_year_plausible CHECK (year BETWEEN 2000 AND 2100),
    CONSTRAINT measurement_not_below_zero CHECK (value >= 0 AND (target IS NULL OR target >= 0)),
    CONSTRAINT measurement_source_composed CHECK (source IS NFC NORMALIZED AND char_length(source) <= 300)
);

-- Who did what, when and from where, written in the act's own transaction.
CREATE TABLE audit (
    id          bigint GENERATED ALWAYS AS IDENTITY,
    city_id     bigint, -- null: an act on the installation
    account_id  bigint, -- null: the operator at the shell
    act         text NOT NULL,
    subject     text NOT NULL, -- what was acted on, as people name it: "entry 1/7.2.2"
    before      jsonb,
    after       jsonb,
    recorded_at timestamptz NOT NULL,
    request_id  text NOT NULL,
    address     text NOT NULL,
    CONSTRAINT audit_pkey PRIMARY KEY (id),
    CONSTRAINT audit_city_fkey FOREIGN KEY (city_id) REFERENCES city,
    CONSTRAINT audit_account_fkey FOREIGN KEY (account_id) REFERENCES account
);
CREATE INDEX audit_city ON audit (city_id, recorded_at);

-- An assessment is of one city. PostgreSQL takes the columns for independent
-- otherwise, expects one row where there are hundreds, and plans for that.
CREATE STATISTICS entry_of_one_city (dependencies) ON city_id, assessment_id FROM entry;
CREATE STATISTICS status_change_of_one_city (dependencies) ON city_id, assessment_id FROM status_change;
CREATE STATISTICS entry_revision_of_one_city (dependencies) ON city_id, assessment_id FROM entry_revision;

GRANT SELECT, INSERT ON assessment, milestone TO learningcity_app;
GRANT SELECT, INSERT, UPDATE ON entry, measurement TO learningcity_app;
-- History is append-only: no UPDATE, DELETE or TRUNCATE.
GRANT SELECT, INSERT ON status_change, entry_revision, audit TO learningcity_app;
