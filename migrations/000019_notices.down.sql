DROP FUNCTION take_back_assignments(bigint[], timestamptz), plan_mails(timestamptz, date, timestamptz), mailed_account(timestamptz),
    account_of_stop_link(bytea);
DROP TABLE assignment_notice, entry_notice;
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
           EXISTS (SELECT FROM inbox_item i WHERE i.account_id = s.account_id AND i.read_at IS NULL),
           a.second_step_at IS NOT NULL, c.second_step_required
    FROM session s
    JOIN account a ON a.id = s.account_id
    LEFT JOIN membership m ON m.account_id = a.id AND m.disabled_at IS NULL
    LEFT JOIN city c ON c.id = m.city_id
    WHERE s.token_hash = p_token_hash AND s.expires_at > not_before_now(p_now) AND a.disabled_at IS NULL
    ORDER BY m.id;
END
$$;
DROP INDEX inbox_item_account, inbox_item_account_city, inbox_item_unread, inbox_item_unread_city, inbox_item_assigned;
CREATE INDEX inbox_item_account ON inbox_item (account_id, id);
CREATE INDEX inbox_item_unread ON inbox_item (account_id, id) WHERE read_at IS NULL;
DELETE FROM inbox_item WHERE kind LIKE 'entry\_%';
ALTER TABLE inbox_item
    DROP COLUMN indicator_id,
    DROP COLUMN assessment_number,
    DROP COLUMN due_on,
    DROP COLUMN mail_id,
    DROP CONSTRAINT inbox_item_kind_known,
    ADD CONSTRAINT inbox_item_kind_known CHECK (kind IN (
        'invitation_accepted', 'role_changed', 'role_disabled', 'role_enabled', 'role_carried', 'password_reset', 'second_step_reset',
        'evidence_expiring', 'comment', 'mention', 'direction', 'answered', 'recommendation_given', 'recommendation_taken_on', 'recommendation_declined',
        'recommendation_answered', 'recommendation_closed', 'recommendation_reopened', 'task_given', 'task_done'));
DROP TABLE notice_mail, mail_choice, digest_round;
