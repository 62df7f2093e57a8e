-- Verdicts follow the product's table also where the program does not look: no
-- row of history tells of an act that the table does not know.
ALTER TABLE status_change
    ADD CONSTRAINT status_change_reason_given CHECK (act NOT IN ('return', 'reopen') OR is_text(note)),
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

-- Who changed the claim, a text, a figure or the evidence last decides nothing on
-- it, as who submitted it does not.
ALTER TABLE entry ADD COLUMN edited_by bigint; -- null: nobody yet
UPDATE entry e SET edited_by = last.recorded_by
FROM (SELECT DISTINCT ON (entry_id) entry_id, recorded_by
      FROM (SELECT entry_id, entry_version, recorded_by FROM entry_revision
            UNION ALL SELECT entry_id, entry_version, recorded_by FROM status_change WHERE act = 'change_claim') x
      ORDER BY entry_id, entry_version DESC) last
-- What was decided before stays decided.
WHERE last.entry_id = e.id AND (e.verdict <> 'accepted' OR e.changed OR e.reviewed_by <> last.recorded_by);
ALTER TABLE entry
    ADD CONSTRAINT entry_edited_by_fkey FOREIGN KEY (edited_by) REFERENCES account,
    ADD CONSTRAINT entry_reviewer_is_not_editor CHECK (verdict <> 'accepted' OR changed OR reviewed_by <> edited_by);

-- What a passport said before it was changed: a reviewer who decided then saw that.
CREATE TABLE former_passport (
    evidence_id     bigint NOT NULL,
    version         integer NOT NULL, -- of the evidence, with which it was over
    city_id         bigint NOT NULL,
    title           text NOT NULL,
    document_number text NOT NULL,
    issuer          text NOT NULL,
    issued_on       date,
    period_from     date,
    period_to       date,
    valid_until     date,
    note            text NOT NULL,
    until_at        timestamptz NOT NULL,
    CONSTRAINT former_passport_pkey PRIMARY KEY (city_id, evidence_id, version),
    CONSTRAINT former_passport_evidence_fkey FOREIGN KEY (city_id, evidence_id) REFERENCES evidence (city_id, id)
);
ALTER TABLE former_passport ENABLE ROW LEVEL SECURITY;
CREATE POLICY former_passport_of_city ON former_passport USING (city_id = (SELECT current_city()));
-- Append-only: no UPDATE, DELETE or TRUNCATE.
GRANT SELECT, INSERT ON former_passport TO learningcity_app;

-- An entry whose evidence got another passport has changed by that.
ALTER TABLE entry_revision
    DROP CONSTRAINT entry_revision_evidence_act_known,
    ADD CONSTRAINT entry_revision_evidence_act_known CHECK (
        evidence_act IN ('link_evidence', 'unlink_evidence', 'new_version', 'change_passport', 'withdraw_evidence'));

-- The day since which an entry of the queue waits: it was submitted or reopened,
-- or first edited after it was accepted.
CREATE FUNCTION waiting_since(e entry) RETURNS date
    LANGUAGE sql STABLE
    RETURN CASE WHEN e.verdict = 'awaiting' THEN e.changed_on ELSE (
        SELECT min(r.effective_on) FROM entry_revision r
        WHERE r.entry_id = e.id AND r.entry_version > (
            SELECT max(c.entry_version) FROM status_change c WHERE c.entry_id = e.id)) END;

-- How much waits, and since when, in the current assessment of each city that the
-- named account reviews. It runs as the owner: row-level security shows the rows
-- of one city, and here are those of several, of which nothing else is told.
CREATE FUNCTION reviews_of_account()
    RETURNS TABLE (city_id bigint, waiting bigint, oldest date)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT m.city_id, w.waiting, w.oldest
    FROM membership m
    LEFT JOIN LATERAL (
        SELECT a.id FROM assessment a WHERE a.city_id = m.city_id
        ORDER BY a.closed_on IS NOT NULL, a.opened_on DESC, a.number DESC LIMIT 1) a ON true
    CROSS JOIN LATERAL (
        SELECT count(*) AS waiting, min(waiting_since(e)) AS oldest FROM entry e
        WHERE e.assessment_id = a.id AND (e.verdict = 'awaiting' OR e.changed)) w
    WHERE m.account_id = current_account() AND m.role = 'reviewer' AND m.disabled_at IS NULL;
END;

REVOKE EXECUTE ON FUNCTION reviews_of_account() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reviews_of_account() TO learningcity_app;
