-- A check is asked for every row that an act writes; what cannot be broken by that
-- row is not asked any more: the texts of an entry only where they are written, a
-- verdict not about claims, a notice of an entry not about evidence. See
-- docs/decisions/0022-checks.md.

CREATE OR REPLACE FUNCTION entry_holds(e entry) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE
AS $$
DECLARE
    broken text := CASE
        WHEN e.assignee_id IS NOT NULL AND e.department_id IS NULL THEN 'entry_assignee_in_a_department'
        WHEN e.changed AND e.verdict <> 'accepted' THEN 'entry_changed_when_accepted_only'
        WHEN e.claim NOT IN ('not_started', 'in_progress', 'achieved') THEN 'entry_claim_known'
        WHEN e.verdict IN ('returned', 'accepted') AND e.reviewed_by IS NULL THEN 'entry_reviewed_by_somebody'
        WHEN e.verdict = 'accepted' AND NOT e.changed AND e.reviewed_by = e.edited_by THEN 'entry_reviewer_is_not_editor'
        WHEN (e.verdict = 'none') <> (e.submitted_by IS NULL) THEN 'entry_submitted_by_somebody'
        WHEN e.to_confirm AND (e.verdict <> 'none' OR e.claim = 'not_started') THEN 'entry_to_confirm_as_carried'
        WHEN e.verdict NOT IN ('none', 'awaiting', 'returned', 'accepted') THEN 'entry_verdict_known'
        WHEN e.verdict <> 'none' AND e.claim <> 'achieved' THEN 'entry_verdict_on_achieved_only'
        WHEN e.version < 1 THEN 'entry_version_counts'
    END;
BEGIN
    IF broken IS NOT NULL THEN
        RAISE check_violation USING CONSTRAINT = broken, TABLE = 'entry';
    END IF;
    RETURN true;
END
$$;

CREATE FUNCTION entry_texts_hold() RETURNS trigger
    LANGUAGE plpgsql
AS $$
DECLARE
    broken text := CASE
        WHEN NOT (new.narrative IS NFC NORMALIZED AND new.obstacles IS NFC NORMALIZED AND new.solution IS NFC NORMALIZED)
            THEN 'entry_narrative_composed'
        WHEN greatest(char_length(new.narrative), char_length(new.obstacles), char_length(new.solution)) > 10000
            THEN 'entry_narrative_length'
    END;
BEGIN
    IF broken IS NOT NULL THEN
        RAISE check_violation USING CONSTRAINT = broken, TABLE = 'entry';
    END IF;
    RETURN NULL;
END
$$;
-- AFTER: a trigger BEFORE locks the row once more, whichever columns are written.
CREATE TRIGGER entry_texts_hold AFTER INSERT OR UPDATE OF narrative, obstacles, solution ON entry
    FOR EACH ROW EXECUTE FUNCTION entry_texts_hold();

CREATE OR REPLACE FUNCTION status_change_holds(c status_change) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE
AS $$
DECLARE
    broken text;
BEGIN
    -- PRODUCT.md's table of acts: those on the verdict, and those on the claim
    IF c.act IN ('submit', 'withdraw', 'accept', 'return', 'reopen') THEN
        broken := CASE
            WHEN c.entry_version = 1 THEN 'status_change_begins_with_a_claim'
            WHEN NOT (c.claim_from = 'achieved' AND c.claim_to = 'achieved' AND CASE c.act
                WHEN 'submit' THEN c.verdict_from IN ('none', 'returned') AND c.verdict_to = 'awaiting'
                WHEN 'withdraw' THEN c.verdict_from = 'awaiting' AND c.verdict_to = 'none'
                WHEN 'accept' THEN c.verdict_from IN ('awaiting', 'accepted') AND c.verdict_to = 'accepted'
                WHEN 'return' THEN c.verdict_from IN ('awaiting', 'accepted') AND c.verdict_to = 'returned'
                ELSE c.verdict_from = 'accepted' AND c.verdict_to = 'awaiting'
            END) THEN 'status_change_follows_the_table'
            WHEN c.act IN ('return', 'reopen') AND c.note ~ '^\s*$' THEN 'status_change_reason_given'
        END;
    ELSE
        broken := CASE
            WHEN c.act NOT IN ('open', 'carry_over', 'confirm_claim', 'change_claim') THEN 'status_change_act_known'
            WHEN (c.act = 'carry_over') <> (c.entry_version = 1 AND c.claim_to <> 'not_started')
                OR c.act = 'carry_over' AND (c.claim_from, c.verdict_from, c.verdict_to) <> ('not_started', 'none', 'none')
                THEN 'status_change_begins_with_a_claim'
            WHEN c.claim_from NOT IN ('not_started', 'in_progress', 'achieved') OR c.claim_to NOT IN ('not_started', 'in_progress', 'achieved')
                THEN 'status_change_claim_known'
            WHEN c.act = 'confirm_claim' AND (c.claim_from, c.verdict_from, c.verdict_to) <> (c.claim_to, 'none', 'none')
                THEN 'status_change_confirms_the_claim'
            WHEN c.verdict_from NOT IN ('none', 'awaiting', 'returned', 'accepted') THEN 'status_change_verdict_known'
            WHEN c.verdict_to <> 'none'
                OR c.act = 'open' AND (c.claim_from, c.claim_to, c.verdict_from) <> ('not_started', 'not_started', 'none')
                OR c.act = 'change_claim' AND c.claim_from = c.claim_to THEN 'status_change_follows_the_table'
        END;
    END IF;
    IF broken IS NULL AND c.note <> '' THEN
        broken := CASE
            WHEN NOT c.note IS NFC NORMALIZED THEN 'status_change_note_composed'
            WHEN char_length(c.note) > 2000 THEN 'status_change_note_length'
        END;
    END IF;
    IF broken IS NOT NULL THEN
        RAISE check_violation USING CONSTRAINT = broken, TABLE = 'status_change';
    END IF;
    RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION inbox_item_holds(i inbox_item) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE
AS $$
DECLARE
    broken text;
BEGIN
    IF starts_with(i.kind, 'entry_') THEN
        broken := CASE
            WHEN i.kind NOT IN ('entry_assigned', 'entry_submitted', 'entry_withdrawn', 'entry_returned', 'entry_accepted',
                                'entry_reopened', 'entry_changed', 'entry_due', 'entry_overdue') THEN 'inbox_item_kind_known'
            WHEN num_nulls(i.city_id, i.assessment_id, i.entry_id, i.indicator_id, i.assessment_number) <> 0 THEN 'inbox_item_names_its_entry'
            WHEN i.kind IN ('entry_due', 'entry_overdue') AND i.due_on IS NULL THEN 'inbox_item_of_a_due_date'
            WHEN num_nonnulls(i.thread_id, i.thread_code, i.thread_title, i.evidence_id, i.evidence_title, i.valid_until,
                              i.recommendation_id, i.task_id, i.about) <> 0 THEN 'inbox_item_of_its_entry_only'
        END;
    ELSE
        broken := CASE
            WHEN (i.about IS NOT NULL) <> (num_nonnulls(i.recommendation_id, i.task_id) = 1) THEN 'inbox_item_about_something'
            WHEN num_nonnulls(i.assessment_id, i.entry_id) <> 0 AND num_nulls(i.city_id, i.assessment_id, i.entry_id) <> 0
                THEN 'inbox_item_entry_of_a_city'
            WHEN i.kind NOT IN (
                    'invitation_accepted', 'role_changed', 'role_disabled', 'role_enabled', 'role_carried', 'password_reset',
                    'second_step_reset', 'evidence_expiring', 'comment', 'mention', 'direction', 'answered', 'recommendation_given',
                    'recommendation_taken_on', 'recommendation_declined', 'recommendation_answered', 'recommendation_closed',
                    'recommendation_reopened', 'task_given', 'task_done') THEN 'inbox_item_kind_known'
            WHEN num_nonnulls(i.indicator_id, i.assessment_number) = 1 OR i.indicator_id IS NOT NULL AND i.entry_id IS NULL
                THEN 'inbox_item_names_its_entry'
            WHEN i.city_id IS NULL AND i.kind NOT IN ('password_reset', 'second_step_reset', 'invitation_accepted') THEN 'inbox_item_of_a_city'
            WHEN i.kind IN ('comment', 'mention', 'direction', 'answered')
                AND (i.thread_id IS NULL OR num_nonnulls(i.thread_code, i.thread_title) <> 1)
                OR i.kind NOT IN ('comment', 'mention', 'direction', 'answered') AND num_nonnulls(i.thread_id, i.thread_code, i.thread_title) <> 0
                THEN 'inbox_item_of_a_thread'
            WHEN num_nonnulls(i.evidence_id, i.evidence_title, i.valid_until) <> CASE i.kind WHEN 'evidence_expiring' THEN 3 ELSE 0 END
                THEN 'inbox_item_of_evidence'
            WHEN (i.recommendation_id IS NOT NULL) <> starts_with(i.kind, 'recommendation_') THEN 'inbox_item_of_recommendation'
            WHEN (i.task_id IS NOT NULL) <> starts_with(i.kind, 'task_') THEN 'inbox_item_of_task'
        END;
    END IF;
    IF broken IS NOT NULL THEN
        RAISE check_violation USING CONSTRAINT = broken, TABLE = 'inbox_item';
    END IF;
    RETURN true;
END
$$;

-- Whom an item is for and by whom is copied from a role or a session that the act
-- has just read; a foreign key read and locked both accounts once more, as those
-- that migration 22 took away. See docs/decisions/0024-plans.md.
ALTER TABLE inbox_item
    DROP CONSTRAINT inbox_item_account_fkey,
    DROP CONSTRAINT inbox_item_by_account_fkey;
