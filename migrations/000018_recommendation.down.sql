DELETE FROM inbox_item WHERE num_nonnulls(recommendation_id, task_id) = 1;
ALTER TABLE inbox_item
    DROP COLUMN recommendation_id,
    DROP COLUMN task_id,
    DROP COLUMN about,
    DROP CONSTRAINT inbox_item_kind_known,
    ADD CONSTRAINT inbox_item_kind_known CHECK (kind IN (
        'invitation_accepted', 'role_changed', 'role_disabled', 'role_enabled', 'role_carried', 'password_reset', 'second_step_reset',
        'evidence_expiring', 'comment', 'mention', 'direction', 'answered'));
DROP TABLE task_evidence, task_move, task_entry, task, recommendation_evidence, recommendation_move, recommendation_entry, recommendation;
