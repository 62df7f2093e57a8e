-- Telling people what happens to the entries that concern them, in their inbox
-- and by the mail that they chose.

-- created_at is when the reader is told: with the act, or, while it may still be
-- undone, later. Who reads an inbox has named no city, so what an item says of an
-- entry stands in it.
ALTER TABLE inbox_item
    ADD COLUMN indicator_id      bigint,
    ADD COLUMN assessment_number integer,
    ADD COLUMN due_on            date,
    ADD COLUMN mail_id           bigint, -- the mail that tells of it, once the server may have it
    ADD CONSTRAINT inbox_item_indicator_fkey FOREIGN KEY (indicator_id) REFERENCES indicator,
    ADD CONSTRAINT inbox_item_names_its_entry CHECK (
        num_nonnulls(indicator_id, assessment_number) IN (0, 2) AND (indicator_id IS NULL OR entry_id IS NOT NULL)
        AND (kind NOT LIKE 'entry\_%' OR indicator_id IS NOT NULL)),
    ADD CONSTRAINT inbox_item_of_a_due_date CHECK (kind NOT IN ('entry_due', 'entry_overdue') OR due_on IS NOT NULL),
    DROP CONSTRAINT inbox_item_kind_known,
    ADD CONSTRAINT inbox_item_kind_known CHECK (kind IN (
        'invitation_accepted', 'role_changed', 'role_disabled', 'role_enabled', 'role_carried', 'password_reset', 'second_step_reset',
        'evidence_expiring', 'entry_assigned', 'entry_submitted', 'entry_withdrawn', 'entry_returned', 'entry_accepted',
        'entry_reopened', 'entry_changed', 'entry_due', 'entry_overdue'));

-- An inbox is read newest first, all of it, what is unread, or a city's part; each
-- of these begins where it is asked to, however much there is of the rest.
DROP INDEX inbox_item_account, inbox_item_unread;
CREATE INDEX inbox_item_account ON inbox_item (account_id, created_at, id);
CREATE INDEX inbox_item_account_city ON inbox_item (account_id, city_id, created_at, id);
CREATE INDEX inbox_item_unread ON inbox_item (account_id, created_at, id) WHERE read_at IS NULL;
CREATE INDEX inbox_item_unread_city ON inbox_item (account_id, city_id, created_at, id) WHERE read_at IS NULL;
-- What may still be taken back.
CREATE INDEX inbox_item_assigned ON inbox_item (entry_id, created_at) WHERE kind = 'entry_assigned';

-- As before, but for items of which the reader is told only later.
CREATE OR REPLACE FUNCTION session_actor(p_token_hash bytea, p_now timestamptz)
    RETURNS TABLE (account_id bigint, name text, email text, language text, role text,
                   city_id bigint, city_slug text, city_name_vi text, city_name_en text,
                   department_id bigint, region_id bigint, ends_on date,
                   unread boolean, second_step boolean, second_step_required boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT a.id, a.name, a.email, a.language, m.role,
           c.id, c.slug, c.name_vi, c.name_en, m.department_id, m.region_id, m.ends_on,
           EXISTS (SELECT FROM inbox_item i WHERE i.account_id = s.account_id AND i.read_at IS NULL AND i.created_at <= p_now),
           a.second_step_at IS NOT NULL, c.second_step_required
    FROM session s
    JOIN account a ON a.id = s.account_id
    LEFT JOIN membership m ON m.account_id = a.id AND m.disabled_at IS NULL
    LEFT JOIN city c ON c.id = m.city_id
    WHERE s.token_hash = p_token_hash AND s.expires_at > not_before_now(p_now) AND a.disabled_at IS NULL
    ORDER BY m.id;
END
$$;

-- The assignment of an entry that people know of, until they are told of the one
-- that it has now: who is given back what was theirs before is told of nothing.
CREATE TABLE assignment_notice (
    entry_id      bigint NOT NULL,
    city_id       bigint NOT NULL,
    assessment_id bigint NOT NULL,
    department_id bigint,
    assignee_id   bigint,
    told_at       timestamptz NOT NULL, -- from then on the entry's own is known
    CONSTRAINT assignment_notice_pkey PRIMARY KEY (entry_id),
    CONSTRAINT assignment_notice_entry_fkey FOREIGN KEY (city_id, assessment_id, entry_id)
        REFERENCES entry (city_id, assessment_id, id),
    CONSTRAINT assignment_notice_department_fkey FOREIGN KEY (city_id, department_id) REFERENCES department (city_id, id),
    CONSTRAINT assignment_notice_assignee_fkey FOREIGN KEY (city_id, assignee_id) REFERENCES membership (city_id, account_id)
);

-- Takes back what nobody has been told yet of the assignment of these entries of
-- the named city. It runs as the owner: the program's login deletes nothing, and
-- sees no inbox while it acts in a city.
CREATE FUNCTION take_back_assignments(p_entries bigint[], p_now timestamptz) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
    DELETE FROM inbox_item i
    WHERE i.city_id = current_city() AND i.kind = 'entry_assigned' AND i.entry_id = ANY (p_entries)
      AND i.created_at > not_before_now(p_now);
$$;

-- That people were told so many days before an entry's due date, or -1: after it.
CREATE TABLE entry_notice (
    entry_id      bigint NOT NULL,
    due_on        date NOT NULL,
    days          integer NOT NULL,
    city_id       bigint NOT NULL,
    assessment_id bigint NOT NULL,
    noticed_at    timestamptz NOT NULL,
    CONSTRAINT entry_notice_pkey PRIMARY KEY (entry_id, due_on, days),
    CONSTRAINT entry_notice_entry_fkey FOREIGN KEY (city_id, assessment_id, entry_id)
        REFERENCES entry (city_id, assessment_id, id),
    CONSTRAINT entry_notice_days_known CHECK (days IN (7, 1, -1))
);

ALTER TABLE assignment_notice ENABLE ROW LEVEL SECURITY;
ALTER TABLE entry_notice      ENABLE ROW LEVEL SECURITY;
CREATE POLICY assignment_notice_of_city ON assignment_notice USING (city_id = (SELECT current_city()));
CREATE POLICY entry_notice_of_city      ON entry_notice      USING (city_id = (SELECT current_city()));
GRANT SELECT, INSERT, UPDATE (department_id, assignee_id, told_at) ON assignment_notice TO learningcity_app;
GRANT SELECT, INSERT ON entry_notice TO learningcity_app; -- append-only

REVOKE EXECUTE ON FUNCTION take_back_assignments(bigint[], timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_back_assignments(bigint[], timestamptz) TO learningcity_app;
