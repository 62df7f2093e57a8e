DELETE FROM inbox_item WHERE thread_id IS NOT NULL;
ALTER TABLE inbox_item
    DROP CONSTRAINT inbox_item_kind_known,
    DROP CONSTRAINT inbox_item_of_a_thread,
    DROP CONSTRAINT inbox_item_thread_fkey,
    DROP COLUMN thread_id,
    DROP COLUMN thread_code,
    DROP COLUMN thread_title,
    ADD CONSTRAINT inbox_item_kind_known CHECK (kind IN (
        'invitation_accepted', 'role_changed', 'role_disabled', 'role_enabled', 'role_carried', 'password_reset', 'second_step_reset',
        'evidence_expiring'));
ALTER POLICY audit_of_city ON audit USING (city_id = (SELECT current_city()));
DROP TABLE comment_mention, comment_revision, comment, thread;
DROP FUNCTION current_audiences();
