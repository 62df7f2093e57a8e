DROP FUNCTION reviews_of_account();
DROP FUNCTION waiting_since(entry);
DROP TABLE former_passport;
ALTER TABLE status_change
    DROP CONSTRAINT status_change_follows_the_table,
    DROP CONSTRAINT status_change_reason_given;
ALTER TABLE entry DROP COLUMN edited_by;
DELETE FROM entry_revision WHERE evidence_act = 'change_passport';
ALTER TABLE entry_revision
    DROP CONSTRAINT entry_revision_evidence_act_known,
    ADD CONSTRAINT entry_revision_evidence_act_known CHECK (
        evidence_act IN ('link_evidence', 'unlink_evidence', 'new_version', 'withdraw_evidence'));
