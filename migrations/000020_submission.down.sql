DROP POLICY task_into_open_assessment ON task;
DROP POLICY comment_mention_into_open_assessment ON comment_mention;
DROP POLICY comment_revision_into_open_assessment ON comment_revision;
DROP POLICY comment_into_open_assessment ON comment;
DROP POLICY comment_of_open_assessment ON comment;
DROP POLICY thread_into_open_assessment ON thread;
DROP POLICY thread_of_open_assessment ON thread;
DROP POLICY former_assignment_into_open_assessment ON former_assignment;
DROP POLICY entry_revision_into_open_assessment ON entry_revision;
DROP POLICY status_change_into_open_assessment ON status_change;
DROP POLICY evidence_link_into_open_assessment ON evidence_link;
DROP POLICY evidence_link_of_open_assessment ON evidence_link;
DROP POLICY measurement_into_open_assessment ON measurement;
DROP POLICY measurement_of_open_assessment ON measurement;
DROP POLICY entry_into_open_assessment ON entry;
DROP POLICY entry_of_open_assessment ON entry;
REVOKE UPDATE (value, target, source) ON measurement FROM learningcity_app;
GRANT UPDATE ON measurement TO learningcity_app;
REVOKE UPDATE (version, submitted) ON assessment FROM learningcity_app;
ALTER TABLE entry_revision DROP COLUMN carried;
-- Without these acts a claim that was carried over was changed, and nobody confirmed it.
DELETE FROM status_change WHERE act = 'confirm_claim';
ALTER TABLE status_change
    DROP CONSTRAINT status_change_follows_the_table,
    DROP CONSTRAINT status_change_begins_with_a_claim,
    DROP CONSTRAINT status_change_confirms_the_claim,
    DROP CONSTRAINT status_change_act_known;
UPDATE status_change SET act = 'change_claim' WHERE act = 'carry_over';
ALTER TABLE status_change
    ADD CONSTRAINT status_change_act_known CHECK (act IN
        ('open', 'change_claim', 'submit', 'withdraw', 'accept', 'return', 'reopen')),
    ADD CONSTRAINT status_change_follows_the_table CHECK (
        (act IN ('open', 'change_claim') OR claim_from = 'achieved' AND claim_to = 'achieved')
        AND CASE act
            WHEN 'open' THEN claim_from = 'not_started' AND claim_to = 'not_started' AND verdict_from = 'none' AND verdict_to = 'none'
            WHEN 'change_claim' THEN claim_from <> claim_to AND verdict_to = 'none'
            WHEN 'submit' THEN verdict_from IN ('none', 'returned') AND verdict_to = 'awaiting'
            WHEN 'withdraw' THEN verdict_from = 'awaiting' AND verdict_to = 'none'
            WHEN 'accept' THEN verdict_from IN ('awaiting', 'accepted') AND verdict_to = 'accepted'
            WHEN 'return' THEN verdict_from IN ('awaiting', 'accepted') AND verdict_to = 'returned'
            WHEN 'reopen' THEN verdict_from = 'accepted' AND verdict_to = 'awaiting'
        END);
ALTER TABLE entry DROP COLUMN to_confirm;
DROP TABLE assessment_move;
ALTER TABLE assessment DROP COLUMN version, DROP COLUMN submitted, DROP COLUMN carried_from;
