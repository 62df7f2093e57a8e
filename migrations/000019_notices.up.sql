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
        'evidence_expiring', 'comment', 'mention', 'direction', 'answered', 'recommendation_given', 'recommendation_taken_on', 'recommendation_declined',
        'recommendation_answered', 'recommendation_closed', 'recommendation_reopened', 'task_given', 'task_done',
        'entry_assigned', 'entry_submitted', 'entry_withdrawn', 'entry_returned', 'entry_accepted',
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

-- How somebody wants to be mailed what the inbox tells; without a row, in a digest.
CREATE TABLE mail_choice (
    account_id bigint NOT NULL,
    choice     text NOT NULL,
    chosen_at  timestamptz NOT NULL,
    CONSTRAINT mail_choice_pkey PRIMARY KEY (account_id),
    CONSTRAINT mail_choice_account_fkey FOREIGN KEY (account_id) REFERENCES account,
    CONSTRAINT mail_choice_known CHECK (choice IN ('at_once', 'digest', 'none'))
);

-- A mail of what somebody's inbox tells. It is planned once, its job mails it, and
-- the row says how far that came, so that a program that is killed on the way
-- leaves nothing to be sent twice.
CREATE TABLE notice_mail (
    id              bigint GENERATED ALWAYS AS IDENTITY,
    account_id      bigint NOT NULL,
    day             date, -- of a digest; null: at once
    planned_at      timestamptz NOT NULL,
    stop_token_hash bytea, -- of the link that ends such mails
    handed_at       timestamptz, -- before the server could take it
    closed_at       timestamptz,
    outcome         text, -- unheard: it was handed over, and the program ended before the answer
    CONSTRAINT notice_mail_pkey PRIMARY KEY (id),
    CONSTRAINT notice_mail_account_fkey FOREIGN KEY (account_id) REFERENCES account,
    CONSTRAINT notice_mail_of_account UNIQUE (account_id, id),
    CONSTRAINT notice_mail_one_digest_a_day UNIQUE (account_id, day),
    CONSTRAINT notice_mail_stop_token_once UNIQUE (stop_token_hash),
    CONSTRAINT notice_mail_stop_token_is_hashed CHECK (octet_length(stop_token_hash) = 32),
    CONSTRAINT notice_mail_outcome_known CHECK (outcome IN ('sent', 'unheard', 'given_up', 'nothing')),
    CONSTRAINT notice_mail_closed_with_an_outcome CHECK ((closed_at IS NULL) = (outcome IS NULL))
);
CREATE UNIQUE INDEX notice_mail_one_at_once ON notice_mail (account_id) WHERE day IS NULL AND closed_at IS NULL;
CREATE INDEX notice_mail_open ON notice_mail (planned_at) WHERE closed_at IS NULL;

ALTER TABLE inbox_item
    ADD CONSTRAINT inbox_item_mail_fkey FOREIGN KEY (account_id, mail_id) REFERENCES notice_mail (account_id, id);

-- The days whose digests have been planned.
CREATE TABLE digest_round (
    day        date NOT NULL,
    planned_at timestamptz NOT NULL,
    CONSTRAINT digest_round_pkey PRIMARY KEY (day)
);

-- Who is mailed names their account first, as they do themselves.
ALTER TABLE mail_choice ENABLE ROW LEVEL SECURITY;
ALTER TABLE notice_mail ENABLE ROW LEVEL SECURITY;
CREATE POLICY mail_choice_of_account ON mail_choice USING (account_id = (SELECT current_account()));
CREATE POLICY notice_mail_of_account ON notice_mail USING (account_id = (SELECT current_account()));
GRANT SELECT, INSERT, UPDATE (choice, chosen_at) ON mail_choice TO learningcity_app;
GRANT SELECT (id, account_id, day, planned_at, handed_at, closed_at, outcome),
    UPDATE (stop_token_hash, handed_at, closed_at, outcome) ON notice_mail TO learningcity_app;
GRANT UPDATE (mail_id) ON inbox_item TO learningcity_app;

-- Plans the mails that are due, and returns them: to who wants them at once, what
-- no mail has told yet; from the moment of the day's digest on, once, the others'.
-- What is older than a week is no news. A mail that was given up is followed by the
-- next one a day later, and one whose job has gone is given up. It runs as the
-- owner, since it looks into all inboxes; it tells accounts only.
CREATE FUNCTION plan_mails(p_now timestamptz, p_day date, p_digest_at timestamptz)
    RETURNS TABLE (account_id bigint, mail_id bigint, digest boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    UPDATE notice_mail SET closed_at = p_now, outcome = 'given_up'
    WHERE closed_at IS NULL AND planned_at < p_now - interval '1 day';
    RETURN QUERY
    INSERT INTO notice_mail AS n (account_id, planned_at)
    SELECT a.id, p_now FROM mail_choice c JOIN account a ON a.id = c.account_id
    WHERE c.choice = 'at_once' AND a.disabled_at IS NULL
      AND EXISTS (SELECT FROM inbox_item i WHERE i.account_id = a.id AND i.read_at IS NULL AND i.mail_id IS NULL
                  AND i.created_at <= p_now AND i.created_at > p_now - interval '7 days')
      AND NOT EXISTS (SELECT FROM notice_mail o WHERE o.account_id = a.id AND o.outcome = 'given_up'
                      AND o.closed_at > p_now - interval '1 day')
    ORDER BY a.id
    ON CONFLICT (account_id) WHERE day IS NULL AND closed_at IS NULL DO NOTHING
    RETURNING n.account_id, n.id, false;
    IF p_now < p_digest_at THEN
        RETURN;
    END IF;
    INSERT INTO digest_round (day, planned_at) VALUES (p_day, p_now) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY
    INSERT INTO notice_mail AS n (account_id, day, planned_at)
    SELECT a.id, p_day, p_now FROM account a LEFT JOIN mail_choice c ON c.account_id = a.id
    WHERE coalesce(c.choice, 'digest') = 'digest' AND a.disabled_at IS NULL
      AND EXISTS (SELECT FROM inbox_item i WHERE i.account_id = a.id AND i.read_at IS NULL AND i.mail_id IS NULL
                  AND i.created_at <= p_digest_at AND i.created_at > p_now - interval '7 days')
    ORDER BY a.id
    ON CONFLICT (account_id, day) DO NOTHING
    RETURNING n.account_id, n.id, true;
END
$$;

-- Whom the named account is, to write to them, and the cities that they have a role
-- in at the moment. Nobody, where it is locked.
CREATE FUNCTION mailed_account(p_now timestamptz)
    RETURNS TABLE (name text, email text, language text, cities bigint[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT a.name, a.email, coalesce(a.language, ''), ARRAY(
        SELECT m.city_id FROM membership m JOIN city c ON c.id = m.city_id
        WHERE m.account_id = a.id AND m.disabled_at IS NULL
          AND (m.ends_on IS NULL OR m.ends_on >= (p_now AT TIME ZONE c.time_zone)::date))
    FROM account a WHERE a.id = current_account() AND a.disabled_at IS NULL;
END;

-- Whose mails the link ends.
CREATE FUNCTION account_of_stop_link(p_token_hash bytea) RETURNS TABLE (account_id bigint, email text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT a.id, a.email FROM notice_mail n JOIN account a ON a.id = n.account_id WHERE n.stop_token_hash = p_token_hash;
END;

REVOKE EXECUTE ON FUNCTION plan_mails(timestamptz, date, timestamptz), mailed_account(timestamptz), account_of_stop_link(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION plan_mails(timestamptz, date, timestamptz), mailed_account(timestamptz), account_of_stop_link(bytea) TO learningcity_app;
REVOKE EXECUTE ON FUNCTION take_back_assignments(bigint[], timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_back_assignments(bigint[], timestamptz) TO learningcity_app;
