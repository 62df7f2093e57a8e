-- As before: every check of every row, and foreign keys to the accounts.

DROP TRIGGER entry_texts_hold ON entry;
DROP FUNCTION entry_texts_hold();
CREATE OR REPLACE FUNCTION entry_holds(e entry) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE
AS $$
DECLARE
    broken text := CASE
        WHEN e.assignee_id IS NOT NULL AND e.department_id IS NULL THEN 'entry_assignee_in_a_department'
        WHEN e.changed AND e.verdict <> 'accepted' THEN 'entry_changed_when_accepted_only'
        WHEN e.claim NOT IN ('not_started', 'in_progress', 'achieved') THEN 'entry_claim_known'
        WHEN NOT (e.narrative IS NFC NORMALIZED AND e.obstacles IS NFC NORMALIZED AND e.solution IS NFC NORMALIZED)
            THEN 'entry_narrative_composed'
        WHEN greatest(char_length(e.narrative), char_length(e.obstacles), char_length(e.solution)) > 10000
            THEN 'entry_narrative_length'
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
CREATE OR REPLACE FUNCTION status_change_holds(c status_change) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE
AS $$
DECLARE
    broken text := CASE
        WHEN c.act NOT IN ('open', 'carry_over', 'confirm_claim', 'change_claim', 'submit', 'withdraw', 'accept', 'return', 'reopen')
            THEN 'status_change_act_known'
        WHEN (c.act = 'carry_over') <> (c.entry_version = 1 AND c.claim_to <> 'not_started')
            OR c.act = 'carry_over' AND (c.claim_from, c.verdict_from, c.verdict_to) <> ('not_started', 'none', 'none')
            THEN 'status_change_begins_with_a_claim'
        WHEN c.claim_from NOT IN ('not_started', 'in_progress', 'achieved') OR c.claim_to NOT IN ('not_started', 'in_progress', 'achieved')
            THEN 'status_change_claim_known'
        WHEN c.act = 'confirm_claim' AND (c.claim_from, c.verdict_from, c.verdict_to) <> (c.claim_to, 'none', 'none')
            THEN 'status_change_confirms_the_claim'
        WHEN NOT CASE c.act -- PRODUCT.md's table of acts
            WHEN 'open' THEN (c.claim_from, c.claim_to, c.verdict_from, c.verdict_to) = ('not_started', 'not_started', 'none', 'none')
            WHEN 'carry_over' THEN (c.claim_from, c.verdict_from, c.verdict_to) = ('not_started', 'none', 'none')
            WHEN 'confirm_claim' THEN (c.claim_from, c.verdict_from, c.verdict_to) = (c.claim_to, 'none', 'none')
            WHEN 'change_claim' THEN c.claim_from <> c.claim_to AND c.verdict_to = 'none'
            ELSE c.claim_from = 'achieved' AND c.claim_to = 'achieved' AND CASE c.act
                WHEN 'submit' THEN c.verdict_from IN ('none', 'returned') AND c.verdict_to = 'awaiting'
                WHEN 'withdraw' THEN c.verdict_from = 'awaiting' AND c.verdict_to = 'none'
                WHEN 'accept' THEN c.verdict_from IN ('awaiting', 'accepted') AND c.verdict_to = 'accepted'
                WHEN 'return' THEN c.verdict_from IN ('awaiting', 'accepted') AND c.verdict_to = 'returned'
                WHEN 'reopen' THEN c.verdict_from = 'accepted' AND c.verdict_to = 'awaiting'
            END
        END THEN 'status_change_follows_the_table'
        WHEN NOT c.note IS NFC NORMALIZED THEN 'status_change_note_composed'
        WHEN char_length(c.note) > 2000 THEN 'status_change_note_length'
        WHEN c.act IN ('return', 'reopen') AND NOT is_text(c.note) THEN 'status_change_reason_given'
        WHEN c.verdict_from NOT IN ('none', 'awaiting', 'returned', 'accepted') OR c.verdict_to NOT IN ('none', 'awaiting', 'returned', 'accepted')
            THEN 'status_change_verdict_known'
    END;
BEGIN
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
    broken text := CASE
        WHEN (i.about IS NOT NULL) <> (num_nonnulls(i.recommendation_id, i.task_id) = 1) THEN 'inbox_item_about_something'
        WHEN num_nonnulls(i.assessment_id, i.entry_id) <> 0 AND num_nulls(i.city_id, i.assessment_id, i.entry_id) <> 0
            THEN 'inbox_item_entry_of_a_city'
        WHEN i.kind NOT IN (
                'invitation_accepted', 'role_changed', 'role_disabled', 'role_enabled', 'role_carried', 'password_reset',
                'second_step_reset', 'evidence_expiring', 'comment', 'mention', 'direction', 'answered', 'recommendation_given',
                'recommendation_taken_on', 'recommendation_declined', 'recommendation_answered', 'recommendation_closed',
                'recommendation_reopened', 'task_given', 'task_done', 'entry_assigned', 'entry_submitted', 'entry_withdrawn',
                'entry_returned', 'entry_accepted', 'entry_reopened', 'entry_changed', 'entry_due', 'entry_overdue')
            THEN 'inbox_item_kind_known'
        WHEN num_nonnulls(i.indicator_id, i.assessment_number) = 1 OR i.indicator_id IS NOT NULL AND i.entry_id IS NULL
            OR i.kind LIKE 'entry\_%' AND i.indicator_id IS NULL THEN 'inbox_item_names_its_entry'
        WHEN i.city_id IS NULL AND i.kind NOT IN ('password_reset', 'second_step_reset', 'invitation_accepted') THEN 'inbox_item_of_a_city'
        WHEN i.kind IN ('entry_due', 'entry_overdue') AND i.due_on IS NULL THEN 'inbox_item_of_a_due_date'
        WHEN i.kind IN ('comment', 'mention', 'direction', 'answered')
            AND (i.thread_id IS NULL OR num_nonnulls(i.thread_code, i.thread_title) <> 1)
            OR i.kind NOT IN ('comment', 'mention', 'direction', 'answered') AND num_nonnulls(i.thread_id, i.thread_code, i.thread_title) <> 0
            THEN 'inbox_item_of_a_thread'
        WHEN num_nonnulls(i.evidence_id, i.evidence_title, i.valid_until) <> CASE i.kind WHEN 'evidence_expiring' THEN 3 ELSE 0 END
            THEN 'inbox_item_of_evidence'
        WHEN (i.recommendation_id IS NOT NULL) <> (i.kind LIKE 'recommendation\_%') THEN 'inbox_item_of_recommendation'
        WHEN (i.task_id IS NOT NULL) <> (i.kind LIKE 'task\_%') THEN 'inbox_item_of_task'
    END;
BEGIN
    IF broken IS NOT NULL THEN
        RAISE check_violation USING CONSTRAINT = broken, TABLE = 'inbox_item';
    END IF;
    RETURN true;
END
$$;

ALTER TABLE inbox_item
    ADD CONSTRAINT inbox_item_account_fkey FOREIGN KEY (account_id) REFERENCES account,
    ADD CONSTRAINT inbox_item_by_account_fkey FOREIGN KEY (by_account_id) REFERENCES account;
