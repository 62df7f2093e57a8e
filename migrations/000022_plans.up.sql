-- Whose city a row is, each statement asks once for each table that it reads. As a
-- subquery that was a plan of its own, set up for every table even where one row is
-- read by its key; compared directly, it becomes part of the key. What the record and
-- the inbox are read by is compared row by row, and stays a subquery. See
-- docs/decisions/0024-plans.md.

ALTER POLICY assessment_of_city ON assessment USING (city_id = current_city());
ALTER POLICY assessment_move_of_city ON assessment_move USING (city_id = current_city());
ALTER POLICY assignment_notice_of_city ON assignment_notice USING (city_id = current_city());
ALTER POLICY content_of_city ON content USING (city_id = current_city());
ALTER POLICY department_of_city ON department USING (city_id = current_city());
ALTER POLICY entry_of_city ON entry USING (city_id = current_city());
ALTER POLICY entry_notice_of_city ON entry_notice USING (city_id = current_city());
ALTER POLICY entry_revision_of_city ON entry_revision USING (city_id = current_city());
ALTER POLICY evidence_of_city ON evidence USING (city_id = current_city());
ALTER POLICY evidence_link_of_city ON evidence_link USING (city_id = current_city());
ALTER POLICY evidence_notice_of_city ON evidence_notice USING (city_id = current_city());
ALTER POLICY evidence_search_of_city ON evidence_search USING (city_id = current_city());
ALTER POLICY evidence_text_of_city ON evidence_text USING (city_id = current_city());
ALTER POLICY evidence_version_of_city ON evidence_version USING (city_id = current_city());
ALTER POLICY former_assignment_of_city ON former_assignment USING (city_id = current_city());
ALTER POLICY former_city_of_city ON former_city USING (city_id = current_city());
ALTER POLICY former_name_of_city ON former_name USING (city_id = current_city());
ALTER POLICY former_passport_of_city ON former_passport USING (city_id = current_city());
ALTER POLICY handover_of_city ON handover USING (city_id = current_city());
ALTER POLICY invitation_of_city ON invitation USING (city_id = current_city());
ALTER POLICY measurement_of_city ON measurement USING (city_id = current_city());
ALTER POLICY membership_of_city ON membership USING (city_id = current_city());
ALTER POLICY milestone_of_city ON milestone USING (city_id = current_city());
ALTER POLICY password_link_of_city ON password_link USING (city_id = current_city());
ALTER POLICY recommendation_of_city ON recommendation USING (city_id = current_city());
ALTER POLICY recommendation_entry_of_city ON recommendation_entry USING (city_id = current_city());
ALTER POLICY recommendation_evidence_of_city ON recommendation_evidence USING (city_id = current_city());
ALTER POLICY recommendation_move_of_city ON recommendation_move USING (city_id = current_city());
ALTER POLICY status_change_of_city ON status_change USING (city_id = current_city());
ALTER POLICY task_of_city ON task USING (city_id = current_city());
ALTER POLICY task_entry_of_city ON task_entry USING (city_id = current_city());
ALTER POLICY task_evidence_of_city ON task_evidence USING (city_id = current_city());
ALTER POLICY task_move_of_city ON task_move USING (city_id = current_city());
ALTER POLICY comment_of_audience ON comment USING (city_id = current_city() AND audience = ANY ((SELECT current_audiences())::text[]));
ALTER POLICY comment_mention_of_audience ON comment_mention USING (city_id = current_city() AND audience = ANY ((SELECT current_audiences())::text[]));
ALTER POLICY comment_revision_of_audience ON comment_revision USING (city_id = current_city() AND audience = ANY ((SELECT current_audiences())::text[]));
ALTER POLICY thread_of_audience ON thread USING (city_id = current_city() AND audience = ANY ((SELECT current_audiences())::text[]));
ALTER POLICY audit_of_city ON audit WITH CHECK (city_id IS NOT DISTINCT FROM current_city());
ALTER POLICY inbox_item_tell ON inbox_item WITH CHECK (city_id IS NOT DISTINCT FROM current_city());
ALTER POLICY membership_of_city ON membership WITH CHECK (city_id IS NOT DISTINCT FROM current_city());

-- By the assessment first: led by the city, the index was read from end to end to
-- find what an entry's own key finds as well.
DROP INDEX status_change_assessment;
CREATE INDEX status_change_assessment ON status_change (assessment_id, city_id)
    INCLUDE (entry_id, entry_version, effective_on, recorded_at, claim_to, verdict_to);
DROP INDEX entry_revision_assessment;
CREATE INDEX entry_revision_assessment ON entry_revision (assessment_id, city_id)
    INCLUDE (entry_id, entry_version, effective_on, recorded_at);

-- Three short checks of what every act writes go where the others are: each cost as
-- much as a few conditions more. See docs/decisions/0022-checks.md.
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
ALTER TABLE entry
    DROP CONSTRAINT entry_assignee_in_a_department,
    DROP CONSTRAINT entry_reviewer_is_not_editor,
    DROP CONSTRAINT entry_version_counts;

-- Every act asked for its city's and its people's rows once more, and locked them
-- against deletion, which nobody but the owner could do: what names the city is
-- held to it by row-level security, and an id that is copied from a row in the
-- same statement is that row's.
ALTER TABLE audit
    DROP CONSTRAINT audit_account_fkey,
    DROP CONSTRAINT audit_city_fkey;
ALTER TABLE inbox_item
    DROP CONSTRAINT inbox_item_city_fkey,
    DROP CONSTRAINT inbox_item_indicator_fkey;
