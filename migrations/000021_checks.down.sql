-- As before: each check by itself.

DROP FUNCTION former_passports(bigint);

ALTER TABLE entry
    DROP CONSTRAINT entry_holds,
    ADD CONSTRAINT entry_changed_when_accepted_only CHECK (((NOT changed) OR (verdict = 'accepted'::text))),
    ADD CONSTRAINT entry_claim_known CHECK ((claim = ANY (ARRAY['not_started'::text, 'in_progress'::text, 'achieved'::text]))),
    ADD CONSTRAINT entry_narrative_composed CHECK (((narrative IS NFC NORMALIZED) AND (obstacles IS NFC NORMALIZED) AND (solution IS NFC NORMALIZED))),
    ADD CONSTRAINT entry_narrative_length CHECK ((GREATEST(char_length(narrative), char_length(obstacles), char_length(solution)) <= 10000)),
    ADD CONSTRAINT entry_reviewed_by_somebody CHECK (((verdict <> ALL (ARRAY['returned'::text, 'accepted'::text])) OR (reviewed_by IS NOT NULL))),
    ADD CONSTRAINT entry_submitted_by_somebody CHECK (((verdict = 'none'::text) = (submitted_by IS NULL))),
    ADD CONSTRAINT entry_to_confirm_as_carried CHECK (((NOT to_confirm) OR ((verdict = 'none'::text) AND (claim <> 'not_started'::text)))),
    ADD CONSTRAINT entry_verdict_known CHECK ((verdict = ANY (ARRAY['none'::text, 'awaiting'::text, 'returned'::text, 'accepted'::text]))),
    ADD CONSTRAINT entry_verdict_on_achieved_only CHECK (((verdict = 'none'::text) OR (claim = 'achieved'::text)));
DROP FUNCTION entry_holds(entry);

ALTER TABLE status_change
    DROP CONSTRAINT status_change_holds,
    ADD CONSTRAINT status_change_act_known CHECK ((act = ANY (ARRAY['open'::text, 'carry_over'::text, 'confirm_claim'::text, 'change_claim'::text, 'submit'::text, 'withdraw'::text, 'accept'::text, 'return'::text, 'reopen'::text]))),
    ADD CONSTRAINT status_change_begins_with_a_claim CHECK ((((act = 'carry_over'::text) = ((entry_version = 1) AND (claim_to <> 'not_started'::text))) AND ((act <> 'carry_over'::text) OR ((claim_from = 'not_started'::text) AND (verdict_from = 'none'::text) AND (verdict_to = 'none'::text))))),
    ADD CONSTRAINT status_change_claim_known CHECK (((claim_from = ANY (ARRAY['not_started'::text, 'in_progress'::text, 'achieved'::text])) AND (claim_to = ANY (ARRAY['not_started'::text, 'in_progress'::text, 'achieved'::text])))),
    ADD CONSTRAINT status_change_confirms_the_claim CHECK (((act <> 'confirm_claim'::text) OR ((claim_from = claim_to) AND (verdict_from = 'none'::text) AND (verdict_to = 'none'::text)))),
    ADD CONSTRAINT status_change_follows_the_table CHECK ((((act = ANY (ARRAY['open'::text, 'change_claim'::text, 'carry_over'::text, 'confirm_claim'::text])) OR ((claim_from = 'achieved'::text) AND (claim_to = 'achieved'::text))) AND
CASE act
    WHEN 'open'::text THEN ((claim_from = 'not_started'::text) AND (claim_to = 'not_started'::text) AND (verdict_from = 'none'::text) AND (verdict_to = 'none'::text))
    WHEN 'carry_over'::text THEN ((claim_from = 'not_started'::text) AND (verdict_from = 'none'::text) AND (verdict_to = 'none'::text))
    WHEN 'confirm_claim'::text THEN ((claim_from = claim_to) AND (verdict_from = 'none'::text) AND (verdict_to = 'none'::text))
    WHEN 'change_claim'::text THEN ((claim_from <> claim_to) AND (verdict_to = 'none'::text))
    WHEN 'submit'::text THEN ((verdict_from = ANY (ARRAY['none'::text, 'returned'::text])) AND (verdict_to = 'awaiting'::text))
    WHEN 'withdraw'::text THEN ((verdict_from = 'awaiting'::text) AND (verdict_to = 'none'::text))
    WHEN 'accept'::text THEN ((verdict_from = ANY (ARRAY['awaiting'::text, 'accepted'::text])) AND (verdict_to = 'accepted'::text))
    WHEN 'return'::text THEN ((verdict_from = ANY (ARRAY['awaiting'::text, 'accepted'::text])) AND (verdict_to = 'returned'::text))
    WHEN 'reopen'::text THEN ((verdict_from = 'accepted'::text) AND (verdict_to = 'awaiting'::text))
    ELSE NULL::boolean
END)),
    ADD CONSTRAINT status_change_note_composed CHECK ((note IS NFC NORMALIZED)),
    ADD CONSTRAINT status_change_note_length CHECK ((char_length(note) <= 2000)),
    ADD CONSTRAINT status_change_reason_given CHECK (((act <> ALL (ARRAY['return'::text, 'reopen'::text])) OR is_text(note))),
    ADD CONSTRAINT status_change_verdict_known CHECK (((verdict_from = ANY (ARRAY['none'::text, 'awaiting'::text, 'returned'::text, 'accepted'::text])) AND (verdict_to = ANY (ARRAY['none'::text, 'awaiting'::text, 'returned'::text, 'accepted'::text]))));
DROP FUNCTION status_change_holds(status_change);

ALTER TABLE inbox_item
    DROP CONSTRAINT inbox_item_holds,
    ADD CONSTRAINT inbox_item_about_something CHECK (((about IS NOT NULL) = (num_nonnulls(recommendation_id, task_id) = 1))),
    ADD CONSTRAINT inbox_item_entry_of_a_city CHECK (((num_nonnulls(assessment_id, entry_id) = 0) OR (num_nonnulls(city_id, assessment_id, entry_id) = 3))),
    ADD CONSTRAINT inbox_item_kind_known CHECK ((kind = ANY (ARRAY['invitation_accepted'::text, 'role_changed'::text, 'role_disabled'::text, 'role_enabled'::text, 'role_carried'::text, 'password_reset'::text, 'second_step_reset'::text, 'evidence_expiring'::text, 'comment'::text, 'mention'::text, 'direction'::text, 'answered'::text, 'recommendation_given'::text, 'recommendation_taken_on'::text, 'recommendation_declined'::text, 'recommendation_answered'::text, 'recommendation_closed'::text, 'recommendation_reopened'::text, 'task_given'::text, 'task_done'::text, 'entry_assigned'::text, 'entry_submitted'::text, 'entry_withdrawn'::text, 'entry_returned'::text, 'entry_accepted'::text, 'entry_reopened'::text, 'entry_changed'::text, 'entry_due'::text, 'entry_overdue'::text]))),
    ADD CONSTRAINT inbox_item_names_its_entry CHECK (((num_nonnulls(indicator_id, assessment_number) = ANY (ARRAY[0, 2])) AND ((indicator_id IS NULL) OR (entry_id IS NOT NULL)) AND ((kind !~~ 'entry\_%'::text) OR (indicator_id IS NOT NULL)))),
    ADD CONSTRAINT inbox_item_of_a_city CHECK (((city_id IS NOT NULL) OR (kind = ANY (ARRAY['password_reset'::text, 'second_step_reset'::text, 'invitation_accepted'::text])))),
    ADD CONSTRAINT inbox_item_of_a_due_date CHECK (((kind <> ALL (ARRAY['entry_due'::text, 'entry_overdue'::text])) OR (due_on IS NOT NULL))),
    ADD CONSTRAINT inbox_item_of_a_thread CHECK (
CASE
    WHEN (kind = ANY (ARRAY['comment'::text, 'mention'::text, 'direction'::text, 'answered'::text])) THEN ((thread_id IS NOT NULL) AND (num_nonnulls(thread_code, thread_title) = 1))
    ELSE (num_nonnulls(thread_id, thread_code, thread_title) = 0)
END),
    ADD CONSTRAINT inbox_item_of_evidence CHECK ((num_nonnulls(evidence_id, evidence_title, valid_until) =
CASE kind
    WHEN 'evidence_expiring'::text THEN 3
    ELSE 0
END)),
    ADD CONSTRAINT inbox_item_of_recommendation CHECK (((recommendation_id IS NOT NULL) = (kind ~~ 'recommendation\_%'::text))),
    ADD CONSTRAINT inbox_item_of_task CHECK (((task_id IS NOT NULL) = (kind ~~ 'task\_%'::text)));
DROP FUNCTION inbox_item_holds(inbox_item);
