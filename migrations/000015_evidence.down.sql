DELETE FROM inbox_item WHERE kind = 'evidence_expiring';
ALTER TABLE inbox_item
    DROP COLUMN evidence_id,
    DROP COLUMN evidence_title,
    DROP COLUMN valid_until,
    DROP CONSTRAINT inbox_item_kind_known,
    ADD CONSTRAINT inbox_item_kind_known CHECK (kind IN (
        'invitation_accepted', 'role_changed', 'role_disabled', 'role_enabled', 'role_carried', 'password_reset', 'second_step_reset'));
DROP FUNCTION contents_after(bytea, integer), content_is_used(bytea),
    search_evidence(text[], bigint, integer, bigint, text, date, date, boolean, bigint[]), city_words(text[]),
    evidence_shown(evidence, bigint, text, date, date, boolean, bigint[]);
DELETE FROM entry_revision WHERE evidence_id IS NOT NULL;
ALTER TABLE entry_revision
    DROP CONSTRAINT entry_revision_of_one_thing,
    DROP COLUMN evidence_act, DROP COLUMN evidence_id, DROP COLUMN evidence_version, DROP COLUMN answers,
    ADD CONSTRAINT entry_revision_of_texts_or_a_figure CHECK (
        num_nulls(narrative, obstacles, solution) IN (0, 3)
        AND (narrative IS NULL) = (year IS NOT NULL)
        AND (year IS NULL) = (value IS NULL) AND (year IS NULL) = (source IS NULL)
        AND (target IS NULL OR year IS NOT NULL));
DROP TABLE evidence_notice, evidence_link, evidence_search, evidence_text, evidence_version, evidence, content;
