-- The schema after all migrations, for readers; nothing runs this file.
-- Written by: make schema

-- Functions

CREATE OR REPLACE FUNCTION account_address(p_account_id bigint)
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
BEGIN ATOMIC
 SELECT a.email
    FROM account a
   WHERE ((a.id = account_address.p_account_id) AND ((a.id = current_account()) OR reads_installation() OR (EXISTS ( SELECT
            FROM audit r
           WHERE ((r.account_id = a.id) AND (r.city_id = current_city()))))));
END
;

CREATE OR REPLACE FUNCTION account_name(p_account_id bigint)
 RETURNS text
 LANGUAGE plpgsql
 STABLE STRICT
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    RETURN (SELECT a.name FROM account a WHERE a.id = p_account_id);
END
$function$
;

CREATE OR REPLACE FUNCTION account_of_password_link(p_token_hash bytea, p_now timestamp with time zone)
 RETURNS TABLE(link_id bigint, city_slug text, account_id bigint, name text, email text, made_by text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
BEGIN ATOMIC
 SELECT l.id,
     c.slug,
     a.id,
     a.name,
     a.email,
     m.email
    FROM (((password_link l
      LEFT JOIN city c ON ((c.id = l.city_id)))
      LEFT JOIN account m ON ((m.id = l.made_by)))
      JOIN account a ON ((a.id = l.account_id)))
   WHERE (((l.token_hash = account_of_password_link.p_token_hash) OR (l.mailed_token_hash = account_of_password_link.p_token_hash)) AND (l.used_at IS NULL) AND (l.withdrawn_at IS NULL) AND (l.expires_at > not_before_now(account_of_password_link.p_now)) AND (a.disabled_at IS NULL));
END
;

CREATE OR REPLACE FUNCTION account_of_stop_link(p_token_hash bytea)
 RETURNS TABLE(account_id bigint, email text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
BEGIN ATOMIC
 SELECT a.id,
     a.email
    FROM (notice_mail n
      JOIN account a ON ((a.id = n.account_id)))
   WHERE (n.stop_token_hash = account_of_stop_link.p_token_hash);
END
;

CREATE OR REPLACE FUNCTION ask_password_link(p_email text, p_job bigint, p_token_hash bytea, p_now timestamp with time zone, p_until timestamp with time zone, p_since timestamp with time zone, p_most integer)
 RETURNS TABLE(name text, language text)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    whose bigint;
BEGIN
    -- Of two jobs at once the second counts the first.
    SELECT a.id INTO whose FROM account a WHERE a.email = p_email AND a.disabled_at IS NULL FOR NO KEY UPDATE;
    IF whose IS NULL OR p_most <= (
        SELECT count(*) FROM password_link l
        WHERE l.account_id = whose AND l.city_id IS NULL AND l.created_at > p_since AND l.job_id <> p_job) THEN
        RETURN;
    END IF;
    DELETE FROM password_link l WHERE l.account_id = whose AND l.city_id IS NULL AND l.created_at < p_since - interval '1 day';
    INSERT INTO password_link AS l (account_id, mailed_token_hash, job_id, created_at, expires_at)
    VALUES (whose, p_token_hash, p_job, p_now, p_until)
    ON CONFLICT ON CONSTRAINT password_link_job_once DO UPDATE
    SET mailed_token_hash = p_token_hash, expires_at = p_until
    WHERE l.account_id = whose AND l.used_at IS NULL AND l.withdrawn_at IS NULL;
    IF FOUND THEN
        RETURN QUERY SELECT a.name, coalesce(a.language, '') FROM account a WHERE a.id = whose;
    END IF;
END
$function$
;

CREATE OR REPLACE FUNCTION audit_edge()
 RETURNS TABLE(newest bigint, writers text[])
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    SELECT coalesce(max(a.id), 0) INTO newest FROM audit a;
    SELECT coalesce(array_agg(DISTINCT l.virtualtransaction), '{}') INTO writers FROM pg_locks l
    WHERE l.relation = 'audit'::regclass AND l.mode = 'RowExclusiveLock'
      AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database());
    RETURN NEXT;
END
$function$
;

CREATE OR REPLACE FUNCTION audit_hashes(p_after bigint, p_upto bigint, p_most integer)
 RETURNS TABLE(id bigint, hash bytea)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
BEGIN ATOMIC
 SELECT a.id,
     sha256(convert_to((jsonb_build_array(a.id, a.city_id, a.account_id, a.act, a.subject, (a.before)::text, (a.after)::text, ((EXTRACT(epoch FROM a.recorded_at) * (1000000)::numeric))::bigint, a.request_id, a.address))::text, 'UTF8'::name)) AS sha256
    FROM audit a
   WHERE ((a.id > audit_hashes.p_after) AND (a.id <= audit_hashes.p_upto))
   ORDER BY a.id
  LIMIT audit_hashes.p_most;
END
;

CREATE OR REPLACE FUNCTION begin_half_sign_in(p_account bigint, p_password_hash text, p_token_hash bytea, p_now timestamp with time zone, p_expires timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    DELETE FROM half_sign_in WHERE expires_at <= least(p_now, now());
    INSERT INTO half_sign_in (token_hash, account_id, password_mark, expires_at)
    SELECT p_token_hash, a.id, sha256(convert_to(p_password_hash, 'UTF8')), p_expires
    FROM account a WHERE a.id = p_account AND a.second_step_at IS NOT NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION change_own_password(p_token_hash bytea, p_now timestamp with time zone, p_old_hash text, p_new_hash text, p_browser bytea)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    whose bigint;
BEGIN
    UPDATE account a SET password_hash = p_new_hash
    FROM session s
    WHERE s.token_hash = p_token_hash AND s.expires_at > not_before_now(p_now) AND a.id = s.account_id
      AND a.disabled_at IS NULL AND a.password_hash = p_old_hash
    RETURNING a.id INTO whose;
    DELETE FROM session WHERE account_id = whose AND token_hash <> p_token_hash;
    UPDATE password_link SET withdrawn_at = p_now
    WHERE account_id = whose AND used_at IS NULL AND withdrawn_at IS NULL;
    DELETE FROM known_browser WHERE account_id = whose AND browser_hash IS DISTINCT FROM p_browser;
    RETURN whose;
END
$function$
;

CREATE OR REPLACE FUNCTION change_own_profile(p_token_hash bytea, p_now timestamp with time zone, p_name text, p_language text)
 RETURNS TABLE(account_id bigint, old_name text, old_language text)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    SELECT a.id, a.name, a.language INTO account_id, old_name, old_language
    FROM session s
    JOIN account a ON a.id = s.account_id
    WHERE s.token_hash = p_token_hash AND s.expires_at > not_before_now(p_now) AND a.disabled_at IS NULL
    FOR UPDATE OF a;
    UPDATE account a SET name = p_name, language = p_language WHERE a.id = account_id;
    RETURN NEXT;
END
$function$
;

CREATE OR REPLACE FUNCTION city_account()
 RETURNS TABLE(account_id bigint, name text, email text, locked boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
BEGIN ATOMIC
 SELECT a.id,
     a.name,
     a.email,
     (a.disabled_at IS NOT NULL)
    FROM account a
   WHERE (EXISTS ( SELECT
            FROM membership m
           WHERE ((m.account_id = a.id) AND (m.city_id = current_city()))));
END
;

CREATE OR REPLACE FUNCTION city_past(p_city_id bigint)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    RETURN jsonb_build_object(
        'former', (SELECT jsonb_agg(jsonb_build_object('vi', f.name_vi, 'en', f.name_en, 'until', f.until_on) ORDER BY f.version)
            FROM former_city f WHERE f.city_id = p_city_id),
        'successors', (SELECT jsonb_agg(jsonb_build_object('slug', c.slug, 'vi', c.name_vi, 'en', c.name_en, 'on', s.held_on)
                ORDER BY c.name_vi COLLATE "vi-x-icu", c.id)
            FROM handover s JOIN city c ON c.id = s.successor_id WHERE s.city_id = p_city_id AND s.ended_on IS NULL),
        'predecessors', (SELECT jsonb_agg(jsonb_build_object('slug', c.slug, 'vi', c.name_vi, 'en', c.name_en, 'on', s.held_on)
                ORDER BY s.held_on, c.name_vi COLLATE "vi-x-icu", c.id)
            FROM handover s JOIN city c ON c.id = s.city_id WHERE s.successor_id = p_city_id AND s.ended_on IS NULL));
END
$function$
;

CREATE OR REPLACE FUNCTION city_recipient(p_account_id bigint)
 RETURNS TABLE(name text, email text, language text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
BEGIN ATOMIC
 SELECT a.name,
     a.email,
     COALESCE(a.language, ''::text) AS "coalesce"
    FROM account a
   WHERE ((a.id = city_recipient.p_account_id) AND (a.disabled_at IS NULL) AND (EXISTS ( SELECT
            FROM membership m
           WHERE ((m.account_id = a.id) AND (m.city_id = current_city())))));
END
;

CREATE OR REPLACE FUNCTION city_slug_kept()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    IF EXISTS (SELECT FROM former_city f WHERE f.slug = NEW.slug AND f.city_id <> NEW.id) THEN
        RAISE 'the address was another city''s' USING ERRCODE = 'unique_violation', CONSTRAINT = 'city_slug_once';
    END IF;
    RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION city_words(p_words text[])
 RETURNS tsvector
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$ SELECT array_to_tsvector(ARRAY(SELECT current_city() || ':' || w FROM unnest(p_words) w)) $function$
;

CREATE OR REPLACE FUNCTION content_is_used(p_sha256 bytea)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
BEGIN ATOMIC
 SELECT (EXISTS ( SELECT
            FROM content c
           WHERE (c.sha256 = content_is_used.p_sha256))) AS "exists";
END
;

CREATE OR REPLACE FUNCTION contents_after(p_after bytea, p_most integer)
 RETURNS TABLE(sha256 bytea, size bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
BEGIN ATOMIC
 SELECT DISTINCT c.sha256,
     c.size
    FROM content c
   WHERE (c.sha256 > contents_after.p_after)
   ORDER BY c.sha256
  LIMIT contents_after.p_most;
END
;

CREATE OR REPLACE FUNCTION count_second_step(p_account bigint, p_browser bytea, p_now timestamp with time zone)
 RETURNS TABLE(wait interval, account_id bigint, secret bytea)
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    v_wait interval := count_try('place', second_step_counter(p_account, p_browser), p_now);
BEGIN
    IF v_wait IS NOT NULL THEN
        RETURN QUERY SELECT v_wait, NULL::bigint, NULL::bytea;
        RETURN;
    END IF;
    RETURN QUERY SELECT interval '0', t.account_id, t.secret FROM second_step t WHERE t.account_id = p_account;
END
$function$
;

CREATE OR REPLACE FUNCTION count_try(p_kind text, p_key bytea, p_now timestamp with time zone)
 RETURNS interval
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    v_wait interval;
BEGIN
    -- Of several tries at the same moment each sees what the others counted.
    PERFORM pg_advisory_xact_lock(hashtextextended(p_kind || encode(p_key, 'hex'), 0));
    -- A clock that was put back may not make anybody wait for the time between.
    UPDATE sign_in_counter s SET last_at = p_now WHERE s.kind = p_kind AND s.key = p_key AND s.last_at > p_now;
    SELECT s.last_at + sign_in_delay(s.kind, s.failures) - p_now INTO v_wait
    FROM sign_in_counter s WHERE s.kind = p_kind AND s.key = p_key;
    IF v_wait > interval '0' THEN
        RETURN v_wait;
    END IF;
    INSERT INTO sign_in_counter AS s (kind, key, failures, last_at) VALUES (p_kind, p_key, 1, p_now)
    ON CONFLICT ON CONSTRAINT sign_in_counter_pkey DO UPDATE
    SET failures = sign_in_failures(s.kind, s.failures, p_now - s.last_at), last_at = p_now;
    RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION current_account()
 RETURNS bigint
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (NULLIF(current_setting('learningcity.account'::text, true), ''::text))::bigint
;

CREATE OR REPLACE FUNCTION current_audiences()
 RETURNS text[]
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN string_to_array(current_setting('learningcity.audiences'::text, true), ','::text)
;

CREATE OR REPLACE FUNCTION current_city()
 RETURNS bigint
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (NULLIF(current_setting('learningcity.city'::text, true), ''::text))::bigint
;

CREATE OR REPLACE FUNCTION disable_own_second_step(p_token_hash bytea, p_browser bytea, p_now timestamp with time zone, p_step bigint, p_code_hash bytea)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    v_account bigint := hold_signed_in(p_token_hash, p_now);
BEGIN
    IF v_account IS NULL OR NOT use_second_step(v_account, p_browser, p_step, p_code_hash) THEN
        RETURN NULL;
    END IF;
    PERFORM forget_second_step(v_account);
    RETURN v_account;
END
$function$
;

CREATE OR REPLACE FUNCTION enable_own_second_step(p_token_hash bytea, p_now timestamp with time zone, p_secret bytea, p_step bigint, p_codes bytea[])
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    v_account bigint := hold_signed_in(p_token_hash, p_now);
BEGIN
    UPDATE account a SET second_step_at = p_now
    WHERE a.id = v_account AND a.second_step_at IS NULL RETURNING a.id INTO v_account;
    IF v_account IS NOT NULL THEN
        INSERT INTO second_step (account_id, secret, last_step) VALUES (v_account, p_secret, p_step);
        INSERT INTO recovery_code (account_id, code_hash) SELECT v_account, unnest(p_codes);
        DELETE FROM session s WHERE s.account_id = v_account AND s.token_hash <> p_token_hash;
    END IF;
    RETURN v_account;
END
$function$
;

CREATE OR REPLACE FUNCTION end_own_sessions(p_token_hash bytea, p_now timestamp with time zone, p_session_id bigint)
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    WITH ended AS (
        DELETE FROM session o USING session s
        WHERE s.token_hash = p_token_hash AND s.expires_at > not_before_now(p_now)
          AND o.account_id = s.account_id AND o.token_hash <> s.token_hash
          AND (p_session_id IS NULL OR o.id = p_session_id)
        RETURNING o.id)
    SELECT count(*) FROM ended;
$function$
;

CREATE OR REPLACE FUNCTION entry_holds(e entry)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
DECLARE
    broken text := CASE
        WHEN e.assignee_id IS NOT NULL AND e.department_id IS NULL THEN 'entry_assignee_in_a_department'
        WHEN e.changed AND e.verdict <> 'accepted' THEN 'entry_changed_when_accepted_only'
        WHEN e.claim NOT IN ('not_started', 'in_progress', 'achieved') THEN 'entry_claim_known'
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
$function$
;

CREATE OR REPLACE FUNCTION entry_texts_hold()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE
    broken text := CASE
        WHEN NOT (new.narrative IS NFC NORMALIZED AND new.obstacles IS NFC NORMALIZED AND new.solution IS NFC NORMALIZED)
            THEN 'entry_narrative_composed'
        WHEN greatest(char_length(new.narrative), char_length(new.obstacles), char_length(new.solution)) > 10000
            THEN 'entry_narrative_length'
    END;
BEGIN
    IF broken IS NOT NULL THEN
        RAISE check_violation USING CONSTRAINT = broken, TABLE = 'entry';
    END IF;
    RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION evidence_shown(e evidence, p_department bigint, p_show text, p_today date, p_soon date, p_restricted boolean, p_departments bigint[])
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE COST 1
AS $function$
BEGIN
    RETURN (p_department = 0 OR e.department_id = p_department)
       AND (e.access = 'open' OR p_restricted OR e.department_id = ANY (p_departments))
       AND CASE p_show WHEN '' THEN true
           WHEN 'withdrawn' THEN e.withdrawn_at IS NOT NULL
           WHEN 'unused' THEN e.withdrawn_at IS NULL AND e.uses = 0
           WHEN 'unanswered' THEN e.withdrawn_at IS NULL AND e.uses > 0 AND e.answering = 0
           WHEN 'expiring' THEN e.withdrawn_at IS NULL AND e.valid_until BETWEEN p_today AND p_soon
           WHEN 'expired' THEN e.withdrawn_at IS NULL AND e.valid_until < p_today
           END;
END
$function$
;

CREATE OR REPLACE FUNCTION forget_second_step(p_account bigint)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    UPDATE account SET second_step_at = NULL WHERE id = p_account;
    DELETE FROM second_step WHERE account_id = p_account;
    DELETE FROM half_sign_in WHERE account_id = p_account;
END
$function$
;

CREATE OR REPLACE FUNCTION former_passports(p_evidence_id bigint)
 RETURNS json
 LANGUAGE plpgsql
 STABLE
AS $function$
BEGIN
    RETURN (SELECT json_agg(f ORDER BY f.version) FROM former_passport f
            WHERE f.city_id = current_city() AND f.evidence_id = p_evidence_id);
END
$function$
;

CREATE OR REPLACE FUNCTION framework_uses()
 RETURNS TABLE(framework_id bigint, city_id bigint, assessments bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
BEGIN ATOMIC
 SELECT a.framework_id,
     a.city_id,
     count(*) AS count
    FROM assessment a
   GROUP BY a.framework_id, a.city_id;
END
;

CREATE OR REPLACE FUNCTION half_signed_in(p_token_hash bytea, p_now timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    SELECT a.id FROM half_sign_in h JOIN account a ON a.id = h.account_id
    WHERE h.token_hash = p_token_hash AND h.expires_at > not_before_now(p_now)
      AND a.disabled_at IS NULL AND a.second_step_at IS NOT NULL
      AND h.password_mark = sha256(convert_to(a.password_hash, 'UTF8'));
$function$
;

CREATE OR REPLACE FUNCTION has_role_elsewhere(p_account_id bigint)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
BEGIN ATOMIC
 SELECT role_beside(p_account_id, current_city()) AS role_beside;
END
;

CREATE OR REPLACE FUNCTION hold_signed_in(p_token_hash bytea, p_now timestamp with time zone)
 RETURNS bigint
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM account a WHERE a.id = signed_in(p_token_hash, p_now) FOR NO KEY UPDATE;
    RETURN signed_in(p_token_hash, p_now);
END
$function$
;

CREATE OR REPLACE FUNCTION inbox_item_holds(i inbox_item)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
DECLARE
    broken text;
BEGIN
    IF starts_with(i.kind, 'entry_') THEN
        broken := CASE
            WHEN i.kind NOT IN ('entry_assigned', 'entry_submitted', 'entry_withdrawn', 'entry_returned', 'entry_accepted',
                                'entry_reopened', 'entry_changed', 'entry_due', 'entry_overdue') THEN 'inbox_item_kind_known'
            WHEN num_nulls(i.city_id, i.assessment_id, i.entry_id, i.indicator_id, i.assessment_number) <> 0 THEN 'inbox_item_names_its_entry'
            WHEN i.kind IN ('entry_due', 'entry_overdue') AND i.due_on IS NULL THEN 'inbox_item_of_a_due_date'
            WHEN num_nonnulls(i.thread_id, i.thread_code, i.thread_title, i.evidence_id, i.evidence_title, i.valid_until,
                              i.recommendation_id, i.task_id, i.about) <> 0 THEN 'inbox_item_of_its_entry_only'
        END;
    ELSE
        broken := CASE
            WHEN (i.about IS NOT NULL) <> (num_nonnulls(i.recommendation_id, i.task_id) = 1) THEN 'inbox_item_about_something'
            WHEN num_nonnulls(i.assessment_id, i.entry_id) <> 0 AND num_nulls(i.city_id, i.assessment_id, i.entry_id) <> 0
                THEN 'inbox_item_entry_of_a_city'
            WHEN i.kind NOT IN (
                    'invitation_accepted', 'role_changed', 'role_disabled', 'role_enabled', 'role_carried', 'password_reset',
                    'second_step_reset', 'evidence_expiring', 'comment', 'mention', 'direction', 'answered', 'recommendation_given',
                    'recommendation_taken_on', 'recommendation_declined', 'recommendation_answered', 'recommendation_closed',
                    'recommendation_reopened', 'task_given', 'task_done') THEN 'inbox_item_kind_known'
            WHEN num_nonnulls(i.indicator_id, i.assessment_number) = 1 OR i.indicator_id IS NOT NULL AND i.entry_id IS NULL
                THEN 'inbox_item_names_its_entry'
            WHEN i.city_id IS NULL AND i.kind NOT IN ('password_reset', 'second_step_reset', 'invitation_accepted') THEN 'inbox_item_of_a_city'
            WHEN i.kind IN ('comment', 'mention', 'direction', 'answered')
                AND (i.thread_id IS NULL OR num_nonnulls(i.thread_code, i.thread_title) <> 1)
                OR i.kind NOT IN ('comment', 'mention', 'direction', 'answered') AND num_nonnulls(i.thread_id, i.thread_code, i.thread_title) <> 0
                THEN 'inbox_item_of_a_thread'
            WHEN num_nonnulls(i.evidence_id, i.evidence_title, i.valid_until) <> CASE i.kind WHEN 'evidence_expiring' THEN 3 ELSE 0 END
                THEN 'inbox_item_of_evidence'
            WHEN (i.recommendation_id IS NOT NULL) <> starts_with(i.kind, 'recommendation_') THEN 'inbox_item_of_recommendation'
            WHEN (i.task_id IS NOT NULL) <> starts_with(i.kind, 'task_') THEN 'inbox_item_of_task'
        END;
    END IF;
    IF broken IS NOT NULL THEN
        RAISE check_violation USING CONSTRAINT = broken, TABLE = 'inbox_item';
    END IF;
    RETURN true;
END
$function$
;

CREATE OR REPLACE FUNCTION installation_account()
 RETURNS TABLE(account_id bigint, name text, email text, created_at timestamp with time zone, disabled_at timestamp with time zone, posts jsonb)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
BEGIN ATOMIC
 SELECT a.id,
     a.name,
     a.email,
     a.created_at,
     a.disabled_at,
     ( SELECT jsonb_agg(jsonb_build_object('role', m.role, 'vi', COALESCE(c.name_vi, r.name_vi, ''::text), 'en', COALESCE(c.name_en, r.name_en, ''::text)) ORDER BY m.id) AS jsonb_agg
            FROM ((membership m
              LEFT JOIN city c ON ((c.id = m.city_id)))
              LEFT JOIN region r ON ((r.id = m.region_id)))
           WHERE ((m.account_id = a.id) AND (m.disabled_at IS NULL) AND (c.archived_on IS NULL))) AS jsonb_agg
    FROM account a
   WHERE reads_installation();
END
;

CREATE OR REPLACE FUNCTION invitation_of_link(p_token_hash bytea)
 RETURNS TABLE(invitation_id bigint, city_slug text, account_id bigint)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    SELECT i.id, c.slug, a.id
    FROM invitation i
    LEFT JOIN city c ON c.id = i.city_id
    LEFT JOIN account a ON a.email = i.email
    WHERE i.token_hash = p_token_hash OR i.mailed_token_hash = p_token_hash
    FOR UPDATE OF i;
$function$
;

CREATE OR REPLACE FUNCTION is_text(t text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ((t IS NFC NORMALIZED) AND (t !~ '^\s*$'::text))
;

CREATE OR REPLACE FUNCTION lock_account(p_account_id bigint, p_disabled_at timestamp with time zone, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    IF NOT reads_installation() THEN
        RAISE 'only in a transaction that has named the installation' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE account SET disabled_at = p_disabled_at WHERE id = p_account_id;
    IF p_disabled_at IS NOT NULL THEN
        DELETE FROM session WHERE account_id = p_account_id;
        DELETE FROM half_sign_in WHERE account_id = p_account_id;
        UPDATE password_link SET withdrawn_at = p_now
        WHERE account_id = p_account_id AND used_at IS NULL AND withdrawn_at IS NULL;
    END IF;
END
$function$
;

CREATE OR REPLACE FUNCTION mailed_account(p_now timestamp with time zone)
 RETURNS TABLE(name text, email text, language text, cities bigint[])
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
BEGIN ATOMIC
 SELECT a.name,
     a.email,
     COALESCE(a.language, ''::text) AS "coalesce",
     ARRAY( SELECT m.city_id
            FROM (membership m
              JOIN city c ON ((c.id = m.city_id)))
           WHERE ((m.account_id = a.id) AND (m.disabled_at IS NULL) AND ((m.ends_on IS NULL) OR (m.ends_on >= ((mailed_account.p_now AT TIME ZONE c.time_zone))::date)))) AS "array"
    FROM account a
   WHERE ((a.id = current_account()) AND (a.disabled_at IS NULL));
END
;

CREATE OR REPLACE FUNCTION not_before_now(p_now timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN GREATEST(p_now, now())
;

CREATE OR REPLACE FUNCTION open_session(p_account bigint, p_token_hash bytea, p_now timestamp with time zone, p_expires timestamp with time zone, p_address text, p_network text, p_browser bytea, p_before bytea[])
 RETURNS bigint[]
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    v_before bigint[];
BEGIN
    PERFORM settle_sign_in(p_account, p_network, p_browser, p_now);
    WITH ended AS (DELETE FROM session s WHERE s.token_hash = ANY (p_before) RETURNING s.account_id)
    SELECT array_agg(e.account_id) INTO v_before FROM ended e;
    -- Others may be ending some of them: nobody waits for that.
    DELETE FROM session WHERE ctid = ANY (ARRAY(
        SELECT o.ctid FROM session o WHERE o.expires_at <= least(p_now, now()) FOR UPDATE SKIP LOCKED));
    INSERT INTO session (token_hash, account_id, created_at, expires_at, address)
    VALUES (p_token_hash, p_account, p_now, p_expires, p_address);
    RETURN v_before;
END
$function$
;

CREATE OR REPLACE FUNCTION own_recovery_codes(p_token_hash bytea, p_now timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    SELECT (SELECT count(*) FROM recovery_code r WHERE r.account_id = t.account_id)
    FROM second_step t WHERE t.account_id = signed_in(p_token_hash, p_now);
$function$
;

CREATE OR REPLACE FUNCTION own_sessions(p_token_hash bytea, p_now timestamp with time zone)
 RETURNS TABLE(session_id bigint, created_at timestamp with time zone, expires_at timestamp with time zone, address text, here boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
BEGIN ATOMIC
 SELECT o.id,
     o.created_at,
     o.expires_at,
     o.address,
     (o.token_hash = own_sessions.p_token_hash)
    FROM (session s
      JOIN session o ON ((o.account_id = s.account_id)))
   WHERE ((s.token_hash = own_sessions.p_token_hash) AND (s.expires_at > not_before_now(own_sessions.p_now)) AND (o.expires_at > not_before_now(own_sessions.p_now)))
   ORDER BY (o.token_hash = own_sessions.p_token_hash) DESC, o.created_at DESC, o.id DESC;
END
;

CREATE OR REPLACE FUNCTION pass_second_step(p_half_hash bytea, p_step bigint, p_code_hash bytea, p_token_hash bytea, p_now timestamp with time zone, p_expires timestamp with time zone, p_address text, p_network text, p_browser bytea, p_before bytea[])
 RETURNS TABLE(account_id bigint, email text, codes_left bigint, before bigint[])
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM account a WHERE a.id = half_signed_in(p_half_hash, p_now) FOR NO KEY UPDATE;
    account_id := half_signed_in(p_half_hash, p_now); -- the password may have changed meanwhile
    IF account_id IS NULL OR NOT use_second_step(account_id, p_browser, p_step, p_code_hash) THEN
        RETURN;
    END IF;
    DELETE FROM half_sign_in h WHERE h.account_id = pass_second_step.account_id;
    before := open_session(account_id, p_token_hash, p_now, p_expires, p_address, p_network, p_browser, p_before);
    SELECT a.email, (SELECT count(*) FROM recovery_code r WHERE r.account_id = a.id) INTO email, codes_left
    FROM account a WHERE a.id = account_id;
    RETURN NEXT;
END
$function$
;

CREATE OR REPLACE FUNCTION plan_mails(p_now timestamp with time zone, p_day date, p_digest_at timestamp with time zone)
 RETURNS TABLE(account_id bigint, mail_id bigint, digest boolean)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
BEGIN
    UPDATE notice_mail SET closed_at = p_now, outcome = 'given_up'
    WHERE closed_at IS NULL AND planned_at < p_now - interval '1 day';
    RETURN QUERY
    INSERT INTO notice_mail AS n (account_id, planned_at)
    SELECT a.id, p_now FROM mail_choice c JOIN account a ON a.id = c.account_id
    WHERE c.choice = 'at_once' AND a.disabled_at IS NULL
      AND EXISTS (SELECT FROM inbox_item i WHERE i.account_id = a.id AND i.read_at IS NULL AND i.mail_id IS NULL
                  AND i.created_at <= p_now AND i.created_at > p_now - interval '7 days')
      AND NOT EXISTS (SELECT FROM notice_mail o WHERE o.account_id = a.id AND o.outcome = 'given_up'
                      AND o.closed_at > p_now - interval '1 day')
    ORDER BY a.id
    ON CONFLICT (account_id) WHERE day IS NULL AND closed_at IS NULL DO NOTHING
    RETURNING n.account_id, n.id, false;
    IF p_now < p_digest_at THEN
        RETURN;
    END IF;
    INSERT INTO digest_round (day, planned_at) VALUES (p_day, p_now) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY
    INSERT INTO notice_mail AS n (account_id, day, planned_at)
    SELECT a.id, p_day, p_now FROM account a LEFT JOIN mail_choice c ON c.account_id = a.id
    WHERE coalesce(c.choice, 'digest') = 'digest' AND a.disabled_at IS NULL
      AND EXISTS (SELECT FROM inbox_item i WHERE i.account_id = a.id AND i.read_at IS NULL AND i.mail_id IS NULL
                  AND i.created_at <= p_digest_at AND i.created_at > p_now - interval '7 days')
    ORDER BY a.id
    ON CONFLICT (account_id, day) DO NOTHING
    RETURNING n.account_id, n.id, true;
END
$function$
;

CREATE OR REPLACE FUNCTION reads_installation()
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN COALESCE((current_setting('learningcity.installation'::text, true) = 'on'::text), false)
;

CREATE OR REPLACE FUNCTION region_paths()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('tree of regions'));
    WITH RECURSIVE tree AS (
        SELECT id, ARRAY[id] AS path FROM region WHERE parent_id IS NULL
        UNION ALL
        SELECT r.id, tree.path || r.id FROM region r JOIN tree ON r.parent_id = tree.id)
    UPDATE region r SET path = tree.path FROM tree WHERE r.id = tree.id AND r.path <> tree.path;
    -- What goes round in a circle is not reached from the top.
    IF EXISTS (SELECT FROM region WHERE path[cardinality(path) - 1] IS DISTINCT FROM parent_id) THEN
        RAISE 'a region cannot lie below itself' USING ERRCODE = 'check_violation', CONSTRAINT = 'region_not_below_itself';
    END IF;
    RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION renew_own_recovery_codes(p_token_hash bytea, p_browser bytea, p_now timestamp with time zone, p_step bigint, p_code_hash bytea, p_codes bytea[])
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    v_account bigint := hold_signed_in(p_token_hash, p_now);
BEGIN
    IF v_account IS NULL OR NOT use_second_step(v_account, p_browser, p_step, p_code_hash) THEN
        RETURN NULL;
    END IF;
    DELETE FROM recovery_code r WHERE r.account_id = v_account;
    INSERT INTO recovery_code (account_id, code_hash) SELECT v_account, unnest(p_codes);
    RETURN v_account;
END
$function$
;

CREATE OR REPLACE FUNCTION require_second_step(p_required boolean)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    v_before boolean;
BEGIN
    SELECT c.second_step_required INTO v_before FROM city c WHERE c.id = current_city() FOR UPDATE;
    UPDATE city SET second_step_required = p_required WHERE id = current_city();
    RETURN v_before;
END
$function$
;

CREATE OR REPLACE FUNCTION reset_password(p_token_hash bytea, p_now timestamp with time zone, p_password_hash text)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    whose bigint;
    of_city bigint;
BEGIN
    SELECT l.account_id, l.city_id INTO whose, of_city FROM password_link l
    WHERE l.token_hash = p_token_hash OR l.mailed_token_hash = p_token_hash FOR UPDATE;
    PERFORM FROM account a WHERE a.id = whose AND a.disabled_at IS NULL FOR UPDATE;
    IF NOT FOUND OR of_city IS NOT NULL AND role_beside(whose, of_city) THEN
        RETURN NULL;
    END IF;
    UPDATE password_link SET used_at = p_now
    WHERE (token_hash = p_token_hash OR mailed_token_hash = p_token_hash)
      AND used_at IS NULL AND withdrawn_at IS NULL AND expires_at > not_before_now(p_now)
    RETURNING account_id INTO whose;
    UPDATE password_link SET withdrawn_at = p_now
    WHERE account_id = whose AND used_at IS NULL AND withdrawn_at IS NULL;
    UPDATE account SET password_hash = p_password_hash WHERE id = whose;
    DELETE FROM session WHERE account_id = whose;
    DELETE FROM known_browser WHERE account_id = whose;
    RETURN whose;
END
$function$
;

CREATE OR REPLACE FUNCTION reset_second_step(p_email text)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    v_account bigint;
BEGIN
    SELECT a.id INTO v_account FROM account a WHERE a.email = p_email AND a.second_step_at IS NOT NULL FOR UPDATE;
    IF NOT EXISTS (SELECT FROM membership m WHERE m.account_id = v_account AND m.city_id = current_city())
        OR has_role_elsewhere(v_account)
    THEN
        RETURN NULL;
    END IF;
    PERFORM take_second_step(v_account);
    RETURN v_account;
END
$function$
;

CREATE OR REPLACE FUNCTION reviews_of_account()
 RETURNS TABLE(city_id bigint, waiting bigint, oldest date)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
BEGIN ATOMIC
 SELECT m.city_id,
     w.waiting,
     w.oldest
    FROM ((membership m
      LEFT JOIN LATERAL ( SELECT a_1.id
            FROM assessment a_1
           WHERE (a_1.city_id = m.city_id)
           ORDER BY (a_1.closed_on IS NOT NULL), a_1.opened_on DESC, a_1.number DESC
          LIMIT 1) a ON (true))
      CROSS JOIN LATERAL ( SELECT count(*) AS waiting,
             min(waiting_since(e.*)) AS oldest
            FROM entry e
           WHERE ((e.assessment_id = a.id) AND ((e.verdict = 'awaiting'::text) OR e.changed))) w)
   WHERE ((m.account_id = current_account()) AND (m.role = 'reviewer'::text) AND (m.disabled_at IS NULL));
END
;

CREATE OR REPLACE FUNCTION role_beside(p_account_id bigint, p_city_id bigint)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
BEGIN ATOMIC
 SELECT (EXISTS ( SELECT
            FROM membership m
           WHERE ((m.account_id = role_beside.p_account_id) AND (m.city_id IS DISTINCT FROM role_beside.p_city_id) AND (NOT (EXISTS ( SELECT
                    FROM handover s
                   WHERE ((s.city_id = m.city_id) AND (s.successor_id = role_beside.p_city_id) AND (s.ended_on IS NULL)))))))) AS "exists";
END
;

CREATE OR REPLACE FUNCTION roles_now(p_account_id bigint)
 RETURNS TABLE(role text, city_id bigint, department_id bigint, region_id bigint, ends_on date)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
BEGIN ATOMIC
 SELECT m.role,
     m.city_id,
     m.department_id,
     m.region_id,
     m.ends_on
    FROM (membership m
      JOIN account a ON ((a.id = m.account_id)))
   WHERE ((m.account_id = roles_now.p_account_id) AND (m.disabled_at IS NULL) AND (a.disabled_at IS NULL) AND ((m.city_id IS NULL) OR (m.city_id = current_city())));
END
;

CREATE OR REPLACE FUNCTION search_evidence(p_words text[], p_before bigint, p_most integer, p_department bigint, p_show text, p_today date, p_soon date, p_restricted boolean, p_departments bigint[])
 RETURNS SETOF bigint
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
DECLARE
    v_city   bigint := current_city();
    v_query  tsquery;
    v_before bigint := p_before;     -- what is not below it was looked at
    v_edge   bigint;
    v_rows   integer := 100;         -- to look at next
    v_looked integer := 0;
    v_found  bigint[] := '{}';
BEGIN
    IF v_city IS NULL OR cardinality(p_words) = 0 THEN
        RETURN;
    END IF;
    SELECT string_agg('''' || v_city || ':' || replace(replace(w, '\', '\\'), '''', '''''') || ''':*', ' & ')::tsquery
    INTO v_query FROM unnest(p_words) w;
    WHILE v_rows <= 500 LOOP -- so few more promise to fill the page
        SELECT min(n.evidence_id) INTO v_edge FROM (
            SELECT few.evidence_id FROM ( -- 500 lets PostgreSQL plan for few
                SELECT s.evidence_id FROM evidence_search s WHERE s.city_id = v_city AND s.evidence_id < v_before
                ORDER BY s.evidence_id DESC LIMIT 500) few
            LIMIT v_rows) n;
        -- OFFSET 0 keeps PostgreSQL from the index of words, which has all of the city's.
        v_found := v_found || ARRAY(
            SELECT n.evidence_id FROM (
                SELECT s.evidence_id, s.words FROM evidence_search s
                WHERE s.city_id = v_city AND s.evidence_id < v_before AND s.evidence_id >= v_edge
                ORDER BY s.evidence_id DESC OFFSET 0) n
            WHERE n.words @@ v_query
              AND evidence_shown((SELECT e FROM evidence e WHERE e.city_id = v_city AND e.id = n.evidence_id), p_department, p_show, p_today, p_soon, p_restricted, p_departments)
            ORDER BY n.evidence_id DESC LIMIT p_most - cardinality(v_found));
        IF v_edge IS NULL OR cardinality(v_found) >= p_most THEN
            RETURN QUERY SELECT unnest(v_found);
            RETURN;
        END IF;
        v_before := v_edge;
        v_looked := v_looked + v_rows;
        EXIT WHEN cardinality(v_found) = 0;
        v_rows := greatest(20, v_looked * (p_most - cardinality(v_found)) / cardinality(v_found));
    END LOOP;
    RETURN QUERY SELECT unnest(v_found);
    RETURN QUERY
    WITH m AS MATERIALIZED (SELECT s.evidence_id FROM evidence_search s WHERE s.words @@ v_query)
    SELECT o.evidence_id FROM (SELECT m.evidence_id FROM m WHERE m.evidence_id < v_before ORDER BY m.evidence_id DESC) o
    WHERE evidence_shown((SELECT e FROM evidence e WHERE e.city_id = v_city AND e.id = o.evidence_id),
                         p_department, p_show, p_today, p_soon, p_restricted, p_departments)
    LIMIT p_most - cardinality(v_found);
END
$function$
;

CREATE OR REPLACE FUNCTION second_step_counter(p_account bigint, p_browser bytea)
 RETURNS bytea
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    SELECT sha256(convert_to('second step ' || p_account, 'UTF8') || coalesce(
        (SELECT k.browser_hash FROM known_browser k WHERE k.account_id = p_account AND k.browser_hash = p_browser), ''));
$function$
;

CREATE OR REPLACE FUNCTION session_actor(p_token_hash bytea, p_now timestamp with time zone)
 RETURNS TABLE(account_id bigint, name text, email text, language text, role text, city_id bigint, city_slug text, city_name_vi text, city_name_en text, department_id bigint, region_id bigint, ends_on date, unread boolean, second_step boolean, second_step_required boolean)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    RETURN QUERY
    SELECT a.id, a.name, a.email, a.language, m.role,
           c.id, c.slug, c.name_vi, c.name_en, m.department_id, m.region_id, m.ends_on,
           EXISTS (SELECT FROM inbox_item i WHERE i.account_id = s.account_id AND i.read_at IS NULL AND i.created_at <= p_now),
           a.second_step_at IS NOT NULL, c.second_step_required
    FROM session s
    JOIN account a ON a.id = s.account_id
    LEFT JOIN membership m ON m.account_id = a.id AND m.disabled_at IS NULL
    LEFT JOIN city c ON c.id = m.city_id
    WHERE s.token_hash = p_token_hash AND s.expires_at > not_before_now(p_now) AND a.disabled_at IS NULL
    ORDER BY m.id;
END
$function$
;

CREATE OR REPLACE FUNCTION settle_sign_in(p_account bigint, p_network text, p_browser bytea, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    v_counter record;
BEGIN
    PERFORM FROM account a WHERE a.id = p_account FOR NO KEY UPDATE;
    FOR v_counter IN
        SELECT c.kind, c.key FROM account a, sign_in_counters(a.email, p_network, p_browser) c WHERE a.id = p_account ORDER BY c.kind
    LOOP
        IF v_counter.kind = 'network' THEN
            UPDATE sign_in_counter s SET failures = greatest(0, s.failures - 1) WHERE s.kind = v_counter.kind AND s.key = v_counter.key;
        ELSE
            DELETE FROM sign_in_counter s WHERE s.kind = v_counter.kind AND s.key = v_counter.key;
        END IF;
    END LOOP;
    IF p_browser IS NOT NULL THEN
        INSERT INTO known_browser (account_id, browser_hash, last_at) VALUES (p_account, p_browser, p_now)
        ON CONFLICT ON CONSTRAINT known_browser_pkey DO UPDATE SET last_at = excluded.last_at;
        DELETE FROM known_browser k WHERE k.account_id = p_account AND k.browser_hash NOT IN (
            SELECT n.browser_hash FROM known_browser n WHERE n.account_id = p_account ORDER BY n.last_at DESC LIMIT 20);
    END IF;
END
$function$
;

CREATE OR REPLACE FUNCTION sign_in_account(p_email text)
 RETURNS TABLE(account_id bigint, password_hash text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
BEGIN ATOMIC
 SELECT a.id,
     a.password_hash
    FROM account a
   WHERE ((a.email = sign_in_account.p_email) AND (a.disabled_at IS NULL));
END
;

CREATE OR REPLACE FUNCTION sign_in_counters(p_email text, p_network text, p_browser bytea)
 RETURNS TABLE(kind text, key bytea)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    v_account bytea := sha256(convert_to(p_email, 'UTF8'));
    v_network bytea := sha256(convert_to(p_network, 'UTF8'));
BEGIN
    IF EXISTS (SELECT FROM account a JOIN known_browser b ON b.account_id = a.id
               WHERE a.email = p_email AND b.browser_hash = p_browser) THEN
        RETURN QUERY SELECT 'place', sha256(v_account || p_browser);
    ELSE
        RETURN QUERY VALUES ('account', v_account), ('network', v_network), ('place', sha256(v_account || v_network));
    END IF;
END
$function$
;

CREATE OR REPLACE FUNCTION sign_in_delay(p_kind text, p_failures double precision)
 RETURNS interval
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    SELECT CASE WHEN ceil(p_failures) < l.free THEN interval '0'
        ELSE least(l.first * power(2, ceil(p_failures) - l.free), l.longest) END
    FROM sign_in_limit(p_kind) l
$function$
;

CREATE OR REPLACE FUNCTION sign_in_failures(p_kind text, p_failures double precision, p_after interval)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    SELECT least(l.free + 10,
        1 + greatest(0, p_failures - extract(epoch FROM p_after)::double precision / extract(epoch FROM l.forget)::double precision))
    FROM sign_in_limit(p_kind) l
$function$
;

CREATE OR REPLACE FUNCTION sign_in_limit(p_kind text)
 RETURNS TABLE(free integer, first interval, longest interval, forget interval)
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    SELECT l.free, l.first, l.longest, l.forget FROM (VALUES
        ('place',     5, interval '30 seconds', interval '15 minutes', interval '30 minutes'),
        ('account',  50, interval '5 seconds',  interval '1 minute',   interval '10 minutes'),
        ('network', 300, interval '1 second',   interval '1 minute',   interval '1 minute'),
        ('ask',      30, interval '30 seconds', interval '15 minutes', interval '2 minutes') -- for mail, of a network
    ) AS l (kind, free, first, longest, forget) WHERE l.kind = p_kind
$function$
;

CREATE OR REPLACE FUNCTION sign_out(p_token_hash bytea)
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
BEGIN ATOMIC
 DELETE FROM session
   WHERE (session.token_hash = sign_out.p_token_hash)
   RETURNING session.account_id;
END
;

CREATE OR REPLACE FUNCTION signed_in(p_token_hash bytea, p_now timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    SELECT a.id FROM session s JOIN account a ON a.id = s.account_id
    WHERE s.token_hash = p_token_hash AND s.expires_at > not_before_now(p_now) AND a.disabled_at IS NULL;
$function$
;

CREATE OR REPLACE FUNCTION start_session(p_account bigint, p_password_hash text, p_token_hash bytea, p_now timestamp with time zone, p_expires timestamp with time zone, p_address text, p_network text, p_browser bytea, p_before bytea[])
 RETURNS TABLE(second_step boolean, before bigint[])
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM account a WHERE a.id = p_account FOR NO KEY UPDATE;
    SELECT a.second_step_at IS NOT NULL INTO second_step FROM account a
    WHERE a.id = p_account AND a.disabled_at IS NULL AND a.password_hash = p_password_hash;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF NOT second_step THEN
        before := open_session(p_account, p_token_hash, p_now, p_expires, p_address, p_network, p_browser, p_before);
    END IF;
    RETURN NEXT;
END
$function$
;

CREATE OR REPLACE FUNCTION status_change_holds(c status_change)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
DECLARE
    broken text;
BEGIN
    -- PRODUCT.md's table of acts: those on the verdict, and those on the claim
    IF c.act IN ('submit', 'withdraw', 'accept', 'return', 'reopen') THEN
        broken := CASE
            WHEN c.entry_version = 1 THEN 'status_change_begins_with_a_claim'
            WHEN NOT (c.claim_from = 'achieved' AND c.claim_to = 'achieved' AND CASE c.act
                WHEN 'submit' THEN c.verdict_from IN ('none', 'returned') AND c.verdict_to = 'awaiting'
                WHEN 'withdraw' THEN c.verdict_from = 'awaiting' AND c.verdict_to = 'none'
                WHEN 'accept' THEN c.verdict_from IN ('awaiting', 'accepted') AND c.verdict_to = 'accepted'
                WHEN 'return' THEN c.verdict_from IN ('awaiting', 'accepted') AND c.verdict_to = 'returned'
                ELSE c.verdict_from = 'accepted' AND c.verdict_to = 'awaiting'
            END) THEN 'status_change_follows_the_table'
            WHEN c.act IN ('return', 'reopen') AND c.note ~ '^\s*$' THEN 'status_change_reason_given'
        END;
    ELSE
        broken := CASE
            WHEN c.act NOT IN ('open', 'carry_over', 'confirm_claim', 'change_claim') THEN 'status_change_act_known'
            WHEN (c.act = 'carry_over') <> (c.entry_version = 1 AND c.claim_to <> 'not_started')
                OR c.act = 'carry_over' AND (c.claim_from, c.verdict_from, c.verdict_to) <> ('not_started', 'none', 'none')
                THEN 'status_change_begins_with_a_claim'
            WHEN c.claim_from NOT IN ('not_started', 'in_progress', 'achieved') OR c.claim_to NOT IN ('not_started', 'in_progress', 'achieved')
                THEN 'status_change_claim_known'
            WHEN c.act = 'confirm_claim' AND (c.claim_from, c.verdict_from, c.verdict_to) <> (c.claim_to, 'none', 'none')
                THEN 'status_change_confirms_the_claim'
            WHEN c.verdict_from NOT IN ('none', 'awaiting', 'returned', 'accepted') THEN 'status_change_verdict_known'
            WHEN c.verdict_to <> 'none'
                OR c.act = 'open' AND (c.claim_from, c.claim_to, c.verdict_from) <> ('not_started', 'not_started', 'none')
                OR c.act = 'change_claim' AND c.claim_from = c.claim_to THEN 'status_change_follows_the_table'
        END;
    END IF;
    IF broken IS NULL AND c.note <> '' THEN
        broken := CASE
            WHEN NOT c.note IS NFC NORMALIZED THEN 'status_change_note_composed'
            WHEN char_length(c.note) > 2000 THEN 'status_change_note_length'
        END;
    END IF;
    IF broken IS NOT NULL THEN
        RAISE check_violation USING CONSTRAINT = broken, TABLE = 'status_change';
    END IF;
    RETURN true;
END
$function$
;

CREATE OR REPLACE FUNCTION take_back_assignments(p_entries bigint[], p_now timestamp with time zone)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    DELETE FROM inbox_item i
    WHERE i.city_id = current_city() AND i.kind = 'entry_assigned' AND i.entry_id = ANY (p_entries)
      AND i.created_at > not_before_now(p_now);
$function$
;

CREATE OR REPLACE FUNCTION take_second_step(p_account bigint)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    PERFORM forget_second_step(p_account);
    DELETE FROM session s WHERE s.account_id = p_account;
END
$function$
;

CREATE OR REPLACE FUNCTION try_own_second_step(p_token_hash bytea, p_browser bytea, p_now timestamp with time zone)
 RETURNS TABLE(wait interval, account_id bigint, secret bytea)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    SELECT c.* FROM signed_in(p_token_hash, p_now) s, count_second_step(s, p_browser, p_now) c WHERE s IS NOT NULL;
$function$
;

CREATE OR REPLACE FUNCTION try_second_step(p_token_hash bytea, p_browser bytea, p_now timestamp with time zone)
 RETURNS TABLE(wait interval, account_id bigint, secret bytea)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    SELECT c.* FROM half_signed_in(p_token_hash, p_now) h, count_second_step(h, p_browser, p_now) c WHERE h IS NOT NULL;
$function$
;

CREATE OR REPLACE FUNCTION try_sign_in(p_email text, p_network text, p_browser bytea, p_now timestamp with time zone)
 RETURNS TABLE(wait interval, account_id bigint, password_hash text)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    v_kinds text[];
    v_keys  bytea[];
    v_wait  interval;
BEGIN
    SELECT array_agg(c.kind ORDER BY c.kind), array_agg(c.key ORDER BY c.kind) INTO v_kinds, v_keys
    FROM sign_in_counters(p_email, p_network, p_browser) c;
    -- Of several tries at the same moment each sees what the others counted.
    PERFORM pg_advisory_xact_lock(l.id) FROM (
        SELECT hashtextextended(c.kind || encode(c.key, 'hex'), 0) AS id FROM unnest(v_kinds, v_keys) c (kind, key) ORDER BY 1) l;
    -- A clock that was put back may not make anybody wait for the time between.
    UPDATE sign_in_counter s SET last_at = p_now FROM unnest(v_kinds, v_keys) c (kind, key)
    WHERE s.kind = c.kind AND s.key = c.key AND s.last_at > p_now;
    SELECT max(s.last_at + sign_in_delay(s.kind, s.failures) - p_now) INTO v_wait
    FROM unnest(v_kinds, v_keys) c (kind, key) JOIN sign_in_counter s USING (kind, key);
    IF v_wait > interval '0' THEN
        RETURN QUERY SELECT v_wait, NULL::bigint, NULL::text;
        RETURN;
    END IF;
    INSERT INTO sign_in_counter AS s (kind, key, failures, last_at)
    SELECT c.kind, c.key, 1, p_now FROM unnest(v_kinds, v_keys) c (kind, key) ORDER BY c.kind
    ON CONFLICT ON CONSTRAINT sign_in_counter_pkey DO UPDATE
    SET failures = sign_in_failures(s.kind, s.failures, p_now - s.last_at), last_at = p_now;
    -- Some of what is long forgotten, or was counted by a clock far ahead.
    DELETE FROM sign_in_counter WHERE ctid = ANY (ARRAY(
        SELECT o.ctid FROM sign_in_counter o
        WHERE o.last_at < p_now - interval '1 day' OR o.last_at > p_now + interval '1 day'
        LIMIT 10 FOR UPDATE SKIP LOCKED));
    RETURN QUERY SELECT interval '0', a.account_id, a.password_hash
    FROM (SELECT) AS one LEFT JOIN sign_in_account(p_email) a ON true;
END
$function$
;

CREATE OR REPLACE FUNCTION try_to_ask(p_network text, p_now timestamp with time zone)
 RETURNS interval
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    SELECT count_try('ask', sha256(convert_to(p_network, 'UTF8')), p_now);
$function$
;

CREATE OR REPLACE FUNCTION use_second_step(p_account bigint, p_browser bytea, p_step bigint, p_code_hash bytea)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    v_used boolean;
BEGIN
    IF p_code_hash IS NULL THEN
        UPDATE second_step t SET last_step = p_step
        WHERE t.account_id = p_account AND (t.last_step < p_step OR t.last_step > p_step + 2);
    ELSE
        DELETE FROM recovery_code r WHERE r.account_id = p_account AND r.code_hash = p_code_hash;
    END IF;
    v_used := FOUND;
    IF v_used THEN
        DELETE FROM sign_in_counter s WHERE s.kind = 'place' AND s.key = second_step_counter(p_account, p_browser);
    END IF;
    RETURN v_used;
END
$function$
;

CREATE OR REPLACE FUNCTION waiting_since(e entry)
 RETURNS date
 LANGUAGE sql
 STABLE
RETURN CASE WHEN ((e).verdict = 'awaiting'::text) THEN (e).changed_on ELSE (SELECT min(r.effective_on) AS min FROM entry_revision r WHERE ((r.entry_id = (waiting_since.e).id) AND (r.entry_version > (SELECT max(c.entry_version) AS max FROM status_change c WHERE (c.entry_id = (waiting_since.e).id))))) END
;

-- Tables

CREATE TABLE framework (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    code text NOT NULL,
    version text NOT NULL,
    title_vi text NOT NULL,
    title_en text NOT NULL,
    note_vi text NOT NULL,
    note_en text NOT NULL,
    content_sha256 bytea NOT NULL,
    imported_at timestamp with time zone NOT NULL,
    CONSTRAINT framework_pkey PRIMARY KEY (id),
    CONSTRAINT framework_version_once UNIQUE (code, version),
    CONSTRAINT framework_title_is_text CHECK ((is_text(title_vi) AND is_text(title_en)))
);

CREATE TABLE indicator_group (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    framework_id bigint NOT NULL,
    code text NOT NULL,
    "position" integer NOT NULL,
    title_vi text NOT NULL,
    title_en text NOT NULL,
    CONSTRAINT indicator_group_pkey PRIMARY KEY (id),
    CONSTRAINT indicator_group_code_once UNIQUE (framework_id, code),
    CONSTRAINT indicator_group_of_framework UNIQUE (framework_id, id),
    CONSTRAINT indicator_group_position_once UNIQUE (framework_id, "position"),
    CONSTRAINT indicator_group_framework_fkey FOREIGN KEY (framework_id) REFERENCES framework(id) ON DELETE CASCADE,
    CONSTRAINT indicator_group_title_is_text CHECK ((is_text(title_vi) AND is_text(title_en)))
);

CREATE TABLE area (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    framework_id bigint NOT NULL,
    group_id bigint NOT NULL,
    code text NOT NULL,
    "position" integer NOT NULL,
    title_vi text NOT NULL,
    title_en text NOT NULL,
    CONSTRAINT area_pkey PRIMARY KEY (id),
    CONSTRAINT area_code_once UNIQUE (framework_id, code),
    CONSTRAINT area_of_framework UNIQUE (framework_id, id),
    CONSTRAINT area_position_once UNIQUE (framework_id, "position"),
    CONSTRAINT area_group_fkey FOREIGN KEY (framework_id, group_id) REFERENCES indicator_group(framework_id, id) ON DELETE CASCADE,
    CONSTRAINT area_title_is_text CHECK ((is_text(title_vi) AND is_text(title_en)))
);

CREATE TABLE feature (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    framework_id bigint NOT NULL,
    area_id bigint NOT NULL,
    code text NOT NULL,
    "position" integer NOT NULL,
    title_vi text NOT NULL,
    title_en text NOT NULL,
    CONSTRAINT feature_pkey PRIMARY KEY (id),
    CONSTRAINT feature_code_once UNIQUE (framework_id, code),
    CONSTRAINT feature_of_framework UNIQUE (framework_id, id),
    CONSTRAINT feature_position_once UNIQUE (framework_id, "position"),
    CONSTRAINT feature_area_fkey FOREIGN KEY (framework_id, area_id) REFERENCES area(framework_id, id) ON DELETE CASCADE,
    CONSTRAINT feature_title_is_text CHECK ((is_text(title_vi) AND is_text(title_en)))
);

CREATE TABLE indicator (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    framework_id bigint NOT NULL,
    feature_id bigint NOT NULL,
    code text NOT NULL,
    "position" integer NOT NULL,
    title_vi text NOT NULL,
    title_en text NOT NULL,
    question_vi text NOT NULL,
    question_en text NOT NULL,
    kind text NOT NULL,
    source text NOT NULL,
    unit text,
    better text,
    lead_department_vi text NOT NULL,
    lead_department_en text NOT NULL,
    evidence_vi text[] NOT NULL,
    evidence_en text[] NOT NULL,
    CONSTRAINT indicator_pkey PRIMARY KEY (id),
    CONSTRAINT indicator_code_once UNIQUE (framework_id, code),
    CONSTRAINT indicator_of_framework UNIQUE (framework_id, id),
    CONSTRAINT indicator_position_once UNIQUE (framework_id, "position"),
    CONSTRAINT indicator_feature_fkey FOREIGN KEY (framework_id, feature_id) REFERENCES feature(framework_id, id) ON DELETE CASCADE,
    CONSTRAINT indicator_better_known CHECK ((better = ANY (ARRAY['higher'::text, 'lower'::text]))),
    CONSTRAINT indicator_evidence_in_both_languages CHECK ((cardinality(evidence_vi) = cardinality(evidence_en))),
    CONSTRAINT indicator_kind_known CHECK ((kind = ANY (ARRAY['quantitative'::text, 'qualitative'::text]))),
    CONSTRAINT indicator_measured_when_quantitative CHECK ((((kind = 'quantitative'::text) = (unit IS NOT NULL)) AND ((kind = 'quantitative'::text) = (better IS NOT NULL)))),
    CONSTRAINT indicator_question_is_text CHECK ((is_text(question_vi) AND is_text(question_en))),
    CONSTRAINT indicator_source_known CHECK ((source = ANY (ARRAY['official_data'::text, 'survey'::text, 'expert_review'::text]))),
    CONSTRAINT indicator_title_is_text CHECK ((is_text(title_vi) AND is_text(title_en))),
    CONSTRAINT indicator_unit_known CHECK ((unit = ANY (ARRAY['percent'::text, 'ratio'::text, 'count'::text, 'count_per_100k'::text, 'kg_per_capita'::text, 'tonnes_per_capita'::text, 'vnd_per_capita'::text, 'years'::text])))
);

CREATE TABLE region (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    parent_id bigint,
    name_vi text NOT NULL,
    name_en text NOT NULL,
    path bigint[] DEFAULT '{}'::bigint[] NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT region_pkey PRIMARY KEY (id),
    CONSTRAINT region_name_once UNIQUE NULLS NOT DISTINCT (parent_id, name_vi),
    CONSTRAINT region_parent_fkey FOREIGN KEY (parent_id) REFERENCES region(id),
    CONSTRAINT region_name_is_text CHECK ((is_text(name_vi) AND is_text(name_en))),
    CONSTRAINT region_not_its_own_parent CHECK ((parent_id <> id)),
    CONSTRAINT region_version_counts CHECK ((version >= 1))
);
ALTER TABLE region ENABLE ROW LEVEL SECURITY;

CREATE TABLE city (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    region_id bigint NOT NULL,
    slug text NOT NULL,
    name_vi text NOT NULL,
    name_en text NOT NULL,
    time_zone text NOT NULL,
    language text NOT NULL,
    demonstration_vi text,
    demonstration_en text,
    second_step_required boolean DEFAULT false NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    archived_on date,
    CONSTRAINT city_pkey PRIMARY KEY (id),
    CONSTRAINT city_slug_once UNIQUE (slug),
    CONSTRAINT city_region_fkey FOREIGN KEY (region_id) REFERENCES region(id),
    CONSTRAINT city_demonstration_in_both_languages CHECK (((demonstration_vi IS NULL) = (demonstration_en IS NULL))),
    CONSTRAINT city_language_known CHECK ((language = ANY (ARRAY['vi'::text, 'en'::text]))),
    CONSTRAINT city_name_is_text CHECK ((is_text(name_vi) AND is_text(name_en))),
    CONSTRAINT city_slug_fits_an_address CHECK (((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text) AND (length(slug) <= 60))),
    CONSTRAINT city_version_counts CHECK ((version >= 1))
);
ALTER TABLE city ENABLE ROW LEVEL SECURITY;

CREATE TABLE department (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    city_id bigint NOT NULL,
    code text NOT NULL,
    name_vi text NOT NULL,
    name_en text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    retired_on date,
    CONSTRAINT department_pkey PRIMARY KEY (id),
    CONSTRAINT department_code_once UNIQUE (city_id, code),
    CONSTRAINT department_of_city UNIQUE (city_id, id),
    CONSTRAINT department_city_fkey FOREIGN KEY (city_id) REFERENCES city(id),
    CONSTRAINT department_code_fits_an_address CHECK ((code ~ '^[A-Z0-9]{1,12}$'::text)),
    CONSTRAINT department_name_is_text CHECK ((is_text(name_vi) AND is_text(name_en))),
    CONSTRAINT department_version_counts CHECK ((version >= 1))
);
ALTER TABLE department ENABLE ROW LEVEL SECURITY;

CREATE TABLE account (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    language text,
    password_hash text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    disabled_at timestamp with time zone,
    second_step_at timestamp with time zone,
    CONSTRAINT account_pkey PRIMARY KEY (id),
    CONSTRAINT account_email_once UNIQUE (email),
    CONSTRAINT account_email_lower_case CHECK (((email = lower(email)) AND is_text(email) AND (email ~~ '%_@_%'::text))),
    CONSTRAINT account_language_known CHECK ((language = ANY (ARRAY['vi'::text, 'en'::text]))),
    CONSTRAINT account_name_is_text CHECK (is_text(name))
);

CREATE TABLE membership (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    account_id bigint NOT NULL,
    role text NOT NULL,
    city_id bigint,
    department_id bigint,
    region_id bigint,
    ends_on date,
    version integer DEFAULT 1 NOT NULL,
    disabled_at timestamp with time zone,
    CONSTRAINT membership_pkey PRIMARY KEY (id),
    CONSTRAINT membership_of_city UNIQUE (city_id, account_id),
    CONSTRAINT membership_once UNIQUE NULLS NOT DISTINCT (account_id, city_id, region_id),
    CONSTRAINT membership_account_fkey FOREIGN KEY (account_id) REFERENCES account(id),
    CONSTRAINT membership_city_fkey FOREIGN KEY (city_id) REFERENCES city(id),
    CONSTRAINT membership_department_fkey FOREIGN KEY (city_id, department_id) REFERENCES department(city_id, id),
    CONSTRAINT membership_region_fkey FOREIGN KEY (region_id) REFERENCES region(id),
    CONSTRAINT membership_role_has_its_place CHECK ((((region_id IS NOT NULL) = (role = 'overseer'::text)) AND ((city_id IS NULL) = (role = ANY (ARRAY['overseer'::text, 'admin'::text]))))),
    CONSTRAINT membership_role_known CHECK ((role = ANY (ARRAY['staff'::text, 'coordinator'::text, 'reviewer'::text, 'leader'::text, 'expert'::text, 'overseer'::text, 'admin'::text]))),
    CONSTRAINT membership_staff_have_a_department CHECK (((department_id IS NOT NULL) = (role = 'staff'::text))),
    CONSTRAINT membership_version_counts CHECK ((version >= 1))
);
ALTER TABLE membership ENABLE ROW LEVEL SECURITY;

CREATE TABLE session (
    token_hash bytea NOT NULL,
    account_id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    address text DEFAULT ''::text NOT NULL,
    CONSTRAINT session_pkey PRIMARY KEY (token_hash),
    CONSTRAINT session_id_once UNIQUE (id),
    CONSTRAINT session_account_fkey FOREIGN KEY (account_id) REFERENCES account(id),
    CONSTRAINT session_token_is_hashed CHECK ((octet_length(token_hash) = 32))
);

CREATE TABLE assessment (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    city_id bigint NOT NULL,
    number integer NOT NULL,
    framework_id bigint NOT NULL,
    name_vi text NOT NULL,
    name_en text NOT NULL,
    opened_on date NOT NULL,
    submission_due_on date NOT NULL,
    closed_on date,
    needs_review boolean NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    submitted boolean DEFAULT false NOT NULL,
    carried_from bigint,
    CONSTRAINT assessment_pkey PRIMARY KEY (id),
    CONSTRAINT assessment_number_once UNIQUE (city_id, number),
    CONSTRAINT assessment_of_city UNIQUE (city_id, id, framework_id),
    CONSTRAINT assessment_of_city_only UNIQUE (city_id, id),
    CONSTRAINT assessment_carried_from_fkey FOREIGN KEY (city_id, carried_from) REFERENCES assessment(city_id, id),
    CONSTRAINT assessment_city_fkey FOREIGN KEY (city_id) REFERENCES city(id),
    CONSTRAINT assessment_framework_fkey FOREIGN KEY (framework_id) REFERENCES framework(id),
    CONSTRAINT assessment_carried_from_another CHECK ((carried_from <> id)),
    CONSTRAINT assessment_closed_after_opening CHECK ((closed_on >= opened_on)),
    CONSTRAINT assessment_due_after_opening CHECK ((submission_due_on >= opened_on)),
    CONSTRAINT assessment_name_is_text CHECK ((is_text(name_vi) AND is_text(name_en))),
    CONSTRAINT assessment_submitted_when_closed CHECK (((NOT submitted) OR (closed_on IS NOT NULL))),
    CONSTRAINT assessment_version_counts CHECK ((version >= 1))
);
ALTER TABLE assessment ENABLE ROW LEVEL SECURITY;

CREATE TABLE milestone (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    city_id bigint NOT NULL,
    assessment_id bigint NOT NULL,
    held_on date NOT NULL,
    title_vi text NOT NULL,
    title_en text NOT NULL,
    published boolean NOT NULL,
    CONSTRAINT milestone_pkey PRIMARY KEY (id),
    CONSTRAINT milestone_assessment_fkey FOREIGN KEY (city_id, assessment_id) REFERENCES assessment(city_id, id),
    CONSTRAINT milestone_title_is_text CHECK ((is_text(title_vi) AND is_text(title_en)))
);
ALTER TABLE milestone ENABLE ROW LEVEL SECURITY;

CREATE TABLE entry (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    city_id bigint NOT NULL,
    assessment_id bigint NOT NULL,
    framework_id bigint NOT NULL,
    indicator_id bigint NOT NULL,
    department_id bigint,
    due_on date,
    version integer NOT NULL,
    claim text NOT NULL,
    verdict text NOT NULL,
    changed boolean NOT NULL,
    changed_on date NOT NULL,
    submitted_by bigint,
    reviewed_by bigint,
    narrative text DEFAULT ''::text NOT NULL,
    obstacles text DEFAULT ''::text NOT NULL,
    solution text DEFAULT ''::text NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    assignee_id bigint,
    edited_by bigint,
    to_confirm boolean DEFAULT false NOT NULL,
    CONSTRAINT entry_pkey PRIMARY KEY (id),
    CONSTRAINT entry_of_assessment UNIQUE (city_id, assessment_id, id),
    CONSTRAINT entry_once UNIQUE (assessment_id, indicator_id),
    CONSTRAINT entry_assessment_fkey FOREIGN KEY (city_id, assessment_id, framework_id) REFERENCES assessment(city_id, id, framework_id),
    CONSTRAINT entry_assignee_fkey FOREIGN KEY (city_id, assignee_id) REFERENCES membership(city_id, account_id),
    CONSTRAINT entry_department_fkey FOREIGN KEY (city_id, department_id) REFERENCES department(city_id, id),
    CONSTRAINT entry_edited_by_fkey FOREIGN KEY (edited_by) REFERENCES account(id),
    CONSTRAINT entry_indicator_fkey FOREIGN KEY (framework_id, indicator_id) REFERENCES indicator(framework_id, id),
    CONSTRAINT entry_reviewed_by_fkey FOREIGN KEY (reviewed_by) REFERENCES account(id),
    CONSTRAINT entry_submitted_by_fkey FOREIGN KEY (submitted_by) REFERENCES account(id),
    CONSTRAINT entry_holds CHECK (entry_holds(entry.*)),
    CONSTRAINT entry_reviewer_is_not_submitter CHECK ((reviewed_by <> submitted_by))
);
ALTER TABLE entry ENABLE ROW LEVEL SECURITY;

CREATE TABLE status_change (
    entry_id bigint NOT NULL,
    entry_version integer NOT NULL,
    city_id bigint NOT NULL,
    assessment_id bigint NOT NULL,
    act text NOT NULL,
    claim_from text NOT NULL,
    claim_to text NOT NULL,
    verdict_from text NOT NULL,
    verdict_to text NOT NULL,
    note text NOT NULL,
    effective_on date NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    recorded_by bigint NOT NULL,
    CONSTRAINT status_change_pkey PRIMARY KEY (entry_id, entry_version),
    CONSTRAINT status_change_entry_fkey FOREIGN KEY (city_id, assessment_id, entry_id) REFERENCES entry(city_id, assessment_id, id),
    CONSTRAINT status_change_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES account(id),
    CONSTRAINT status_change_holds CHECK (status_change_holds(status_change.*))
);
ALTER TABLE status_change ENABLE ROW LEVEL SECURITY;

CREATE TABLE entry_revision (
    entry_id bigint NOT NULL,
    entry_version integer NOT NULL,
    city_id bigint NOT NULL,
    assessment_id bigint NOT NULL,
    narrative text,
    obstacles text,
    solution text,
    year integer,
    value numeric(17,1),
    target numeric(17,1),
    source text,
    effective_on date NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    recorded_by bigint NOT NULL,
    evidence_act text,
    evidence_id bigint,
    evidence_version integer,
    answers integer[],
    carried boolean DEFAULT false NOT NULL,
    CONSTRAINT entry_revision_pkey PRIMARY KEY (entry_id, entry_version),
    CONSTRAINT entry_revision_entry_fkey FOREIGN KEY (city_id, assessment_id, entry_id) REFERENCES entry(city_id, assessment_id, id),
    CONSTRAINT entry_revision_evidence_fkey FOREIGN KEY (city_id, evidence_id) REFERENCES evidence(city_id, id),
    CONSTRAINT entry_revision_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES account(id),
    CONSTRAINT entry_revision_evidence_act_known CHECK ((evidence_act = ANY (ARRAY['link_evidence'::text, 'unlink_evidence'::text, 'new_version'::text, 'change_passport'::text, 'withdraw_evidence'::text]))),
    CONSTRAINT entry_revision_of_one_thing CHECK (((num_nulls(narrative, obstacles, solution) = ANY (ARRAY[0, 3])) AND ((year IS NULL) = (value IS NULL)) AND ((year IS NULL) = (source IS NULL)) AND ((target IS NULL) OR (year IS NOT NULL)) AND (num_nulls(evidence_act, evidence_id, evidence_version, answers) = ANY (ARRAY[0, 4])) AND (num_nonnulls(narrative, year, evidence_id) = 1)))
);
ALTER TABLE entry_revision ENABLE ROW LEVEL SECURITY;

CREATE TABLE measurement (
    entry_id bigint NOT NULL,
    year integer NOT NULL,
    city_id bigint NOT NULL,
    assessment_id bigint NOT NULL,
    value numeric(17,1) NOT NULL,
    target numeric(17,1),
    source text NOT NULL,
    CONSTRAINT measurement_pkey PRIMARY KEY (entry_id, year),
    CONSTRAINT measurement_entry_fkey FOREIGN KEY (city_id, assessment_id, entry_id) REFERENCES entry(city_id, assessment_id, id),
    CONSTRAINT measurement_not_below_zero CHECK (((value >= (0)::numeric) AND ((target IS NULL) OR (target >= (0)::numeric)))),
    CONSTRAINT measurement_source_composed CHECK (((source IS NFC NORMALIZED) AND (char_length(source) <= 300))),
    CONSTRAINT measurement_year_plausible CHECK (((year >= 2000) AND (year <= 2100)))
);
ALTER TABLE measurement ENABLE ROW LEVEL SECURITY;

CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    city_id bigint,
    account_id bigint,
    act text NOT NULL,
    subject text NOT NULL,
    before jsonb,
    after jsonb,
    recorded_at timestamp with time zone NOT NULL,
    request_id text NOT NULL,
    address text NOT NULL,
    CONSTRAINT audit_pkey PRIMARY KEY (id)
);
ALTER TABLE audit ENABLE ROW LEVEL SECURITY;

CREATE TABLE invitation (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    city_id bigint,
    token_hash bytea NOT NULL,
    email text NOT NULL,
    role text NOT NULL,
    department_id bigint,
    ends_on date,
    language text NOT NULL,
    invited_by bigint,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    accepted_at timestamp with time zone,
    accepted_by bigint,
    withdrawn_at timestamp with time zone,
    mailed_token_hash bytea,
    region_id bigint,
    CONSTRAINT invitation_pkey PRIMARY KEY (id),
    CONSTRAINT invitation_mailed_token_once UNIQUE (mailed_token_hash),
    CONSTRAINT invitation_token_once UNIQUE (token_hash),
    CONSTRAINT invitation_accepted_by_fkey FOREIGN KEY (accepted_by) REFERENCES account(id),
    CONSTRAINT invitation_city_fkey FOREIGN KEY (city_id) REFERENCES city(id),
    CONSTRAINT invitation_department_fkey FOREIGN KEY (city_id, department_id) REFERENCES department(city_id, id),
    CONSTRAINT invitation_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES account(id),
    CONSTRAINT invitation_region_fkey FOREIGN KEY (region_id) REFERENCES region(id),
    CONSTRAINT invitation_accepted_by_somebody CHECK (((accepted_at IS NULL) = (accepted_by IS NULL))),
    CONSTRAINT invitation_email_lower_case CHECK (((email = lower(email)) AND is_text(email) AND (email ~~ '%_@_%'::text))),
    CONSTRAINT invitation_experts_have_an_end CHECK (((ends_on IS NOT NULL) = (role = 'expert'::text))),
    CONSTRAINT invitation_language_known CHECK ((language = ANY (ARRAY['vi'::text, 'en'::text]))),
    CONSTRAINT invitation_mailed_token_is_hashed CHECK ((octet_length(mailed_token_hash) = 32)),
    CONSTRAINT invitation_over_once CHECK (((accepted_at IS NULL) OR (withdrawn_at IS NULL))),
    CONSTRAINT invitation_role_has_its_place CHECK ((((region_id IS NOT NULL) = (role = 'overseer'::text)) AND ((city_id IS NULL) = (role = 'overseer'::text)))),
    CONSTRAINT invitation_role_known CHECK ((role = ANY (ARRAY['staff'::text, 'coordinator'::text, 'reviewer'::text, 'leader'::text, 'expert'::text, 'overseer'::text]))),
    CONSTRAINT invitation_staff_have_a_department CHECK (((department_id IS NOT NULL) = (role = 'staff'::text))),
    CONSTRAINT invitation_token_is_hashed CHECK ((octet_length(token_hash) = 32))
);
ALTER TABLE invitation ENABLE ROW LEVEL SECURITY;

CREATE TABLE password_link (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    city_id bigint,
    account_id bigint NOT NULL,
    token_hash bytea,
    made_by bigint,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    withdrawn_at timestamp with time zone,
    mailed_token_hash bytea,
    job_id bigint,
    CONSTRAINT password_link_pkey PRIMARY KEY (id),
    CONSTRAINT password_link_job_once UNIQUE (job_id),
    CONSTRAINT password_link_mailed_token_once UNIQUE (mailed_token_hash),
    CONSTRAINT password_link_token_once UNIQUE (token_hash),
    CONSTRAINT password_link_account_fkey FOREIGN KEY (account_id) REFERENCES account(id),
    CONSTRAINT password_link_city_fkey FOREIGN KEY (city_id) REFERENCES city(id),
    CONSTRAINT password_link_made_by_fkey FOREIGN KEY (made_by) REFERENCES account(id),
    CONSTRAINT password_link_made_or_asked_for CHECK ((((num_nonnulls(city_id, made_by, token_hash) = 3) AND (job_id IS NULL)) OR ((num_nonnulls(city_id, made_by, token_hash) = 0) AND (num_nonnulls(mailed_token_hash, job_id) = 2)))),
    CONSTRAINT password_link_mailed_token_is_hashed CHECK ((octet_length(mailed_token_hash) = 32)),
    CONSTRAINT password_link_over_once CHECK (((used_at IS NULL) OR (withdrawn_at IS NULL))),
    CONSTRAINT password_link_token_is_hashed CHECK ((octet_length(token_hash) = 32))
);
ALTER TABLE password_link ENABLE ROW LEVEL SECURITY;

CREATE TABLE audit_seal (
    "position" bigint NOT NULL,
    audit_id bigint NOT NULL,
    seal bytea NOT NULL,
    CONSTRAINT audit_seal_pkey PRIMARY KEY ("position"),
    CONSTRAINT audit_seal_row_once UNIQUE (audit_id),
    CONSTRAINT audit_seal_is_a_hash CHECK ((octet_length(seal) = 32)),
    CONSTRAINT audit_seal_position_counts CHECK (("position" >= 1))
);

CREATE TABLE sign_in_counter (
    kind text NOT NULL,
    key bytea NOT NULL,
    failures double precision NOT NULL,
    last_at timestamp with time zone NOT NULL,
    CONSTRAINT sign_in_counter_pkey PRIMARY KEY (kind, key)
);

CREATE TABLE known_browser (
    account_id bigint NOT NULL,
    browser_hash bytea NOT NULL,
    last_at timestamp with time zone NOT NULL,
    CONSTRAINT known_browser_pkey PRIMARY KEY (account_id, browser_hash),
    CONSTRAINT known_browser_account_fkey FOREIGN KEY (account_id) REFERENCES account(id)
);

CREATE TABLE former_name (
    department_id bigint NOT NULL,
    version integer NOT NULL,
    city_id bigint NOT NULL,
    name_vi text NOT NULL,
    name_en text NOT NULL,
    until_on date NOT NULL,
    CONSTRAINT former_name_pkey PRIMARY KEY (department_id, version),
    CONSTRAINT former_name_department_fkey FOREIGN KEY (city_id, department_id) REFERENCES department(city_id, id)
);
ALTER TABLE former_name ENABLE ROW LEVEL SECURITY;

CREATE TABLE former_assignment (
    entry_id bigint NOT NULL,
    entry_version integer NOT NULL,
    city_id bigint NOT NULL,
    assessment_id bigint NOT NULL,
    department_id bigint,
    due_on date,
    until_on date NOT NULL,
    assignee_id bigint,
    CONSTRAINT former_assignment_pkey PRIMARY KEY (entry_id, entry_version),
    CONSTRAINT former_assignment_assignee_fkey FOREIGN KEY (city_id, assignee_id) REFERENCES membership(city_id, account_id),
    CONSTRAINT former_assignment_department_fkey FOREIGN KEY (city_id, department_id) REFERENCES department(city_id, id),
    CONSTRAINT former_assignment_entry_fkey FOREIGN KEY (city_id, assessment_id, entry_id) REFERENCES entry(city_id, assessment_id, id)
);
ALTER TABLE former_assignment ENABLE ROW LEVEL SECURITY;

CREATE TABLE inbox_item (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    account_id bigint NOT NULL,
    city_id bigint,
    kind text NOT NULL,
    assessment_id bigint,
    entry_id bigint,
    by_account_id bigint,
    created_at timestamp with time zone NOT NULL,
    read_at timestamp with time zone,
    evidence_id bigint,
    evidence_title text,
    valid_until date,
    thread_id bigint,
    thread_code text,
    thread_title text,
    recommendation_id bigint,
    task_id bigint,
    about text,
    indicator_id bigint,
    assessment_number integer,
    due_on date,
    mail_id bigint,
    CONSTRAINT inbox_item_pkey PRIMARY KEY (id),
    CONSTRAINT inbox_item_entry_fkey FOREIGN KEY (city_id, assessment_id, entry_id) REFERENCES entry(city_id, assessment_id, id),
    CONSTRAINT inbox_item_evidence_fkey FOREIGN KEY (city_id, evidence_id) REFERENCES evidence(city_id, id),
    CONSTRAINT inbox_item_mail_fkey FOREIGN KEY (account_id, mail_id) REFERENCES notice_mail(account_id, id),
    CONSTRAINT inbox_item_recommendation_fkey FOREIGN KEY (city_id, recommendation_id) REFERENCES recommendation(city_id, id),
    CONSTRAINT inbox_item_task_fkey FOREIGN KEY (city_id, task_id) REFERENCES task(city_id, id),
    CONSTRAINT inbox_item_thread_fkey FOREIGN KEY (city_id, thread_id) REFERENCES thread(city_id, id),
    CONSTRAINT inbox_item_holds CHECK (inbox_item_holds(inbox_item.*))
);
ALTER TABLE inbox_item ENABLE ROW LEVEL SECURITY;

CREATE TABLE second_step (
    account_id bigint NOT NULL,
    secret bytea NOT NULL,
    last_step bigint NOT NULL,
    CONSTRAINT second_step_pkey PRIMARY KEY (account_id),
    CONSTRAINT second_step_account_fkey FOREIGN KEY (account_id) REFERENCES account(id)
);

CREATE TABLE recovery_code (
    account_id bigint NOT NULL,
    code_hash bytea NOT NULL,
    CONSTRAINT recovery_code_pkey PRIMARY KEY (account_id, code_hash),
    CONSTRAINT recovery_code_second_step_fkey FOREIGN KEY (account_id) REFERENCES second_step(account_id) ON DELETE CASCADE,
    CONSTRAINT recovery_code_is_hashed CHECK ((octet_length(code_hash) = 32))
);

CREATE TABLE half_sign_in (
    token_hash bytea NOT NULL,
    account_id bigint NOT NULL,
    password_mark bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT half_sign_in_pkey PRIMARY KEY (token_hash),
    CONSTRAINT half_sign_in_account_fkey FOREIGN KEY (account_id) REFERENCES account(id),
    CONSTRAINT half_sign_in_token_is_hashed CHECK ((octet_length(token_hash) = 32))
);

CREATE TABLE former_city (
    city_id bigint NOT NULL,
    version integer NOT NULL,
    slug text NOT NULL,
    name_vi text NOT NULL,
    name_en text NOT NULL,
    until_on date NOT NULL,
    CONSTRAINT former_city_pkey PRIMARY KEY (city_id, version),
    CONSTRAINT former_city_city_fkey FOREIGN KEY (city_id) REFERENCES city(id)
);
ALTER TABLE former_city ENABLE ROW LEVEL SECURITY;

CREATE TABLE handover (
    city_id bigint NOT NULL,
    version integer NOT NULL,
    successor_id bigint NOT NULL,
    held_on date NOT NULL,
    ended_on date,
    CONSTRAINT handover_pkey PRIMARY KEY (city_id, version, successor_id),
    CONSTRAINT handover_city_fkey FOREIGN KEY (city_id) REFERENCES city(id),
    CONSTRAINT handover_successor_fkey FOREIGN KEY (successor_id) REFERENCES city(id),
    CONSTRAINT handover_not_of_itself CHECK ((successor_id <> city_id))
);
ALTER TABLE handover ENABLE ROW LEVEL SECURITY;

CREATE TABLE content (
    city_id bigint NOT NULL,
    sha256 bytea NOT NULL,
    size bigint NOT NULL,
    first_at timestamp with time zone NOT NULL,
    CONSTRAINT content_pkey PRIMARY KEY (city_id, sha256) INCLUDE (size),
    CONSTRAINT content_city_fkey FOREIGN KEY (city_id) REFERENCES city(id),
    CONSTRAINT content_not_empty CHECK ((size > 0)),
    CONSTRAINT content_sha256_is_a_hash CHECK ((octet_length(sha256) = 32))
);
ALTER TABLE content ENABLE ROW LEVEL SECURITY;

CREATE TABLE evidence (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    city_id bigint NOT NULL,
    department_id bigint,
    kind text NOT NULL,
    title text NOT NULL,
    document_number text NOT NULL,
    issuer text NOT NULL,
    issued_on date,
    period_from date,
    period_to date,
    valid_until date,
    access text NOT NULL,
    language text NOT NULL,
    note text NOT NULL,
    version integer NOT NULL,
    latest integer NOT NULL,
    uses integer DEFAULT 0 NOT NULL,
    answering integer DEFAULT 0 NOT NULL,
    withdrawn_at timestamp with time zone,
    withdrawn_on date,
    withdrawn_by bigint,
    withdrawn_reason text,
    created_at timestamp with time zone NOT NULL,
    created_by bigint NOT NULL,
    CONSTRAINT evidence_pkey PRIMARY KEY (city_id, id),
    CONSTRAINT evidence_of_city UNIQUE (city_id, id, kind),
    CONSTRAINT evidence_city_fkey FOREIGN KEY (city_id) REFERENCES city(id),
    CONSTRAINT evidence_created_by_fkey FOREIGN KEY (created_by) REFERENCES account(id),
    CONSTRAINT evidence_department_fkey FOREIGN KEY (city_id, department_id) REFERENCES department(city_id, id),
    CONSTRAINT evidence_withdrawn_by_fkey FOREIGN KEY (withdrawn_by) REFERENCES account(id),
    CONSTRAINT evidence_access_known CHECK ((access = ANY (ARRAY['open'::text, 'restricted'::text]))),
    CONSTRAINT evidence_kind_known CHECK ((kind = ANY (ARRAY['file'::text, 'link'::text]))),
    CONSTRAINT evidence_language_known CHECK ((language = ANY (ARRAY['vi'::text, 'en'::text, 'other'::text]))),
    CONSTRAINT evidence_period_in_order CHECK ((period_to >= period_from)),
    CONSTRAINT evidence_texts_composed CHECK (((document_number IS NFC NORMALIZED) AND (issuer IS NFC NORMALIZED) AND (note IS NFC NORMALIZED))),
    CONSTRAINT evidence_texts_length CHECK (((char_length(document_number) <= 100) AND (char_length(issuer) <= 300) AND (char_length(note) <= 2000))),
    CONSTRAINT evidence_title_is_text CHECK ((is_text(title) AND (char_length(title) <= 300))),
    CONSTRAINT evidence_uses_count CHECK (((answering >= 0) AND (answering <= uses))),
    CONSTRAINT evidence_valid_after_issue CHECK ((valid_until >= issued_on)),
    CONSTRAINT evidence_version_counts CHECK (((version >= 1) AND (latest >= 1))),
    CONSTRAINT evidence_withdrawn_with_a_reason CHECK (((num_nulls(withdrawn_at, withdrawn_on, withdrawn_by, withdrawn_reason) = ANY (ARRAY[0, 4])) AND ((withdrawn_reason IS NULL) OR (is_text(withdrawn_reason) AND (char_length(withdrawn_reason) <= 2000)))))
);
ALTER TABLE evidence ENABLE ROW LEVEL SECURITY;

CREATE TABLE evidence_version (
    evidence_id bigint NOT NULL,
    number integer NOT NULL,
    city_id bigint NOT NULL,
    kind text NOT NULL,
    sha256 bytea,
    file_name text,
    media_type text,
    url text,
    note text NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    recorded_by bigint NOT NULL,
    CONSTRAINT evidence_version_pkey PRIMARY KEY (city_id, evidence_id, number),
    CONSTRAINT evidence_version_content_fkey FOREIGN KEY (city_id, sha256) REFERENCES content(city_id, sha256),
    CONSTRAINT evidence_version_evidence_fkey FOREIGN KEY (city_id, evidence_id, kind) REFERENCES evidence(city_id, id, kind),
    CONSTRAINT evidence_version_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES account(id),
    CONSTRAINT evidence_version_file_name_is_text CHECK ((is_text(file_name) AND (char_length(file_name) <= 300))),
    CONSTRAINT evidence_version_media_type_is_one CHECK ((media_type ~ '^[a-z]+/[a-z0-9.+-]{1,100}$'::text)),
    CONSTRAINT evidence_version_note_composed CHECK (((note IS NFC NORMALIZED) AND (char_length(note) <= 2000))),
    CONSTRAINT evidence_version_number_counts CHECK ((number >= 1)),
    CONSTRAINT evidence_version_of_its_kind CHECK ((((kind = 'file'::text) = (sha256 IS NOT NULL)) AND ((kind = 'file'::text) = (file_name IS NOT NULL)) AND ((kind = 'file'::text) = (media_type IS NOT NULL)) AND ((kind = 'link'::text) = (url IS NOT NULL)))),
    CONSTRAINT evidence_version_url_is_one CHECK (((url ~ '^https?://'::text) AND (char_length(url) <= 2000)))
);
ALTER TABLE evidence_version ENABLE ROW LEVEL SECURITY;

CREATE TABLE evidence_text (
    evidence_id bigint NOT NULL,
    number integer NOT NULL,
    city_id bigint NOT NULL,
    text text NOT NULL,
    words tsvector NOT NULL,
    extracted_at timestamp with time zone NOT NULL,
    CONSTRAINT evidence_text_pkey PRIMARY KEY (city_id, evidence_id, number),
    CONSTRAINT evidence_text_version_fkey FOREIGN KEY (city_id, evidence_id, number) REFERENCES evidence_version(city_id, evidence_id, number),
    CONSTRAINT evidence_text_composed CHECK (((text IS NFC NORMALIZED) AND (char_length(text) <= 1000000)))
);
ALTER TABLE evidence_text ENABLE ROW LEVEL SECURITY;

CREATE TABLE evidence_search (
    evidence_id bigint NOT NULL,
    city_id bigint NOT NULL,
    words tsvector NOT NULL,
    CONSTRAINT evidence_search_pkey PRIMARY KEY (city_id, evidence_id),
    CONSTRAINT evidence_search_evidence_fkey FOREIGN KEY (city_id, evidence_id) REFERENCES evidence(city_id, id)
);
ALTER TABLE evidence_search ENABLE ROW LEVEL SECURITY;

CREATE TABLE evidence_link (
    entry_id bigint NOT NULL,
    evidence_id bigint NOT NULL,
    city_id bigint NOT NULL,
    assessment_id bigint NOT NULL,
    answers integer[] NOT NULL,
    linked boolean NOT NULL,
    CONSTRAINT evidence_link_pkey PRIMARY KEY (entry_id, evidence_id),
    CONSTRAINT evidence_link_entry_fkey FOREIGN KEY (city_id, assessment_id, entry_id) REFERENCES entry(city_id, assessment_id, id),
    CONSTRAINT evidence_link_evidence_fkey FOREIGN KEY (city_id, evidence_id) REFERENCES evidence(city_id, id),
    CONSTRAINT evidence_link_answers_count CHECK ((0 < ALL (answers)))
);
ALTER TABLE evidence_link ENABLE ROW LEVEL SECURITY;

CREATE TABLE evidence_notice (
    evidence_id bigint NOT NULL,
    valid_until date NOT NULL,
    days integer NOT NULL,
    city_id bigint NOT NULL,
    noticed_at timestamp with time zone NOT NULL,
    CONSTRAINT evidence_notice_pkey PRIMARY KEY (city_id, evidence_id, valid_until, days),
    CONSTRAINT evidence_notice_evidence_fkey FOREIGN KEY (city_id, evidence_id) REFERENCES evidence(city_id, id),
    CONSTRAINT evidence_notice_days_known CHECK ((days = ANY (ARRAY[60, 30, 7])))
);
ALTER TABLE evidence_notice ENABLE ROW LEVEL SECURITY;

CREATE TABLE former_passport (
    evidence_id bigint NOT NULL,
    version integer NOT NULL,
    city_id bigint NOT NULL,
    title text NOT NULL,
    document_number text NOT NULL,
    issuer text NOT NULL,
    issued_on date,
    period_from date,
    period_to date,
    valid_until date,
    note text NOT NULL,
    until_at timestamp with time zone NOT NULL,
    CONSTRAINT former_passport_pkey PRIMARY KEY (city_id, evidence_id, version),
    CONSTRAINT former_passport_evidence_fkey FOREIGN KEY (city_id, evidence_id) REFERENCES evidence(city_id, id)
);
ALTER TABLE former_passport ENABLE ROW LEVEL SECURITY;

CREATE TABLE thread (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    city_id bigint NOT NULL,
    kind text NOT NULL,
    audience text NOT NULL,
    assessment_id bigint,
    entry_id bigint,
    evidence_id bigint,
    due_on date,
    version integer NOT NULL,
    comments integer NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    opened_by bigint NOT NULL,
    answered_at timestamp with time zone,
    answered_by bigint,
    resolved_at timestamp with time zone,
    resolved_by bigint,
    CONSTRAINT thread_pkey PRIMARY KEY (city_id, id),
    CONSTRAINT thread_of_assessment UNIQUE (city_id, assessment_id, id),
    CONSTRAINT thread_of_audience UNIQUE (city_id, id, audience),
    CONSTRAINT thread_answered_by_fkey FOREIGN KEY (answered_by) REFERENCES account(id),
    CONSTRAINT thread_city_fkey FOREIGN KEY (city_id) REFERENCES city(id),
    CONSTRAINT thread_entry_fkey FOREIGN KEY (city_id, assessment_id, entry_id) REFERENCES entry(city_id, assessment_id, id),
    CONSTRAINT thread_evidence_fkey FOREIGN KEY (city_id, evidence_id) REFERENCES evidence(city_id, id),
    CONSTRAINT thread_opened_by_fkey FOREIGN KEY (opened_by) REFERENCES account(id),
    CONSTRAINT thread_resolved_by_fkey FOREIGN KEY (resolved_by) REFERENCES account(id),
    CONSTRAINT thread_audience_known CHECK ((audience = ANY (ARRAY['city'::text, 'internal'::text]))),
    CONSTRAINT thread_comments_count CHECK (((comments >= 1) AND (comments <= 500))),
    CONSTRAINT thread_direction_for_the_city CHECK (((kind <> 'direction'::text) OR (audience = 'city'::text))),
    CONSTRAINT thread_direction_has_a_day CHECK (((kind = 'direction'::text) = (due_on IS NOT NULL))),
    CONSTRAINT thread_direction_is_answered CHECK (((num_nulls(answered_at, answered_by) = ANY (ARRAY[0, 2])) AND ((kind = 'direction'::text) OR (answered_at IS NULL)))),
    CONSTRAINT thread_direction_on_an_entry CHECK (((kind <> 'direction'::text) OR (entry_id IS NOT NULL))),
    CONSTRAINT thread_kind_known CHECK ((kind = ANY (ARRAY['comment'::text, 'direction'::text]))),
    CONSTRAINT thread_on_one_thing CHECK ((num_nonnulls(assessment_id, entry_id) =
CASE
    WHEN (evidence_id IS NULL) THEN 2
    ELSE 0
END)),
    CONSTRAINT thread_resolved_by_somebody CHECK ((num_nulls(resolved_at, resolved_by) = ANY (ARRAY[0, 2]))),
    CONSTRAINT thread_version_counts CHECK ((version >= 1))
);
ALTER TABLE thread ENABLE ROW LEVEL SECURITY;

CREATE TABLE comment (
    thread_id bigint NOT NULL,
    number integer NOT NULL,
    city_id bigint NOT NULL,
    audience text NOT NULL,
    version integer NOT NULL,
    text text,
    answers boolean NOT NULL,
    written_at timestamp with time zone NOT NULL,
    written_by bigint NOT NULL,
    written_as text NOT NULL,
    edited_at timestamp with time zone,
    deleted_at timestamp with time zone,
    CONSTRAINT comment_pkey PRIMARY KEY (city_id, thread_id, number),
    CONSTRAINT comment_of_audience UNIQUE (city_id, thread_id, number, audience),
    CONSTRAINT comment_thread_fkey FOREIGN KEY (city_id, thread_id, audience) REFERENCES thread(city_id, id, audience),
    CONSTRAINT comment_written_by_fkey FOREIGN KEY (written_by) REFERENCES account(id),
    CONSTRAINT comment_deleted_without_text CHECK (((text IS NULL) = (deleted_at IS NOT NULL))),
    CONSTRAINT comment_number_counts CHECK (((number >= 1) AND (version >= 1))),
    CONSTRAINT comment_text_is_text CHECK (is_text(text)),
    CONSTRAINT comment_text_length CHECK ((char_length(text) <= 4000)),
    CONSTRAINT comment_written_as_known CHECK ((written_as = ANY (ARRAY['staff'::text, 'coordinator'::text, 'reviewer'::text, 'leader'::text, 'expert'::text])))
);
ALTER TABLE comment ENABLE ROW LEVEL SECURITY;

CREATE TABLE comment_revision (
    thread_id bigint NOT NULL,
    number integer NOT NULL,
    version integer NOT NULL,
    city_id bigint NOT NULL,
    audience text NOT NULL,
    text text,
    recorded_at timestamp with time zone NOT NULL,
    recorded_by bigint NOT NULL,
    CONSTRAINT comment_revision_pkey PRIMARY KEY (city_id, thread_id, number, version),
    CONSTRAINT comment_revision_comment_fkey FOREIGN KEY (city_id, thread_id, number, audience) REFERENCES comment(city_id, thread_id, number, audience),
    CONSTRAINT comment_revision_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES account(id),
    CONSTRAINT comment_revision_text_is_text CHECK ((is_text(text) AND (char_length(text) <= 4000))),
    CONSTRAINT comment_revision_version_counts CHECK ((version >= 1))
);
ALTER TABLE comment_revision ENABLE ROW LEVEL SECURITY;

CREATE TABLE comment_mention (
    thread_id bigint NOT NULL,
    number integer NOT NULL,
    account_id bigint NOT NULL,
    city_id bigint NOT NULL,
    audience text NOT NULL,
    CONSTRAINT comment_mention_pkey PRIMARY KEY (city_id, thread_id, number, account_id),
    CONSTRAINT comment_mention_account_fkey FOREIGN KEY (city_id, account_id) REFERENCES membership(city_id, account_id),
    CONSTRAINT comment_mention_comment_fkey FOREIGN KEY (city_id, thread_id, number, audience) REFERENCES comment(city_id, thread_id, number, audience)
);
ALTER TABLE comment_mention ENABLE ROW LEVEL SECURITY;

CREATE TABLE recommendation (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    city_id bigint NOT NULL,
    assessment_id bigint NOT NULL,
    given_on date NOT NULL,
    given_by bigint NOT NULL,
    text text NOT NULL,
    source text NOT NULL,
    required boolean NOT NULL,
    state text NOT NULL,
    version integer NOT NULL,
    CONSTRAINT recommendation_pkey PRIMARY KEY (city_id, id),
    CONSTRAINT recommendation_of_assessment UNIQUE (city_id, assessment_id, id),
    CONSTRAINT recommendation_assessment_fkey FOREIGN KEY (city_id, assessment_id) REFERENCES assessment(city_id, id),
    CONSTRAINT recommendation_given_by_fkey FOREIGN KEY (given_by) REFERENCES account(id),
    CONSTRAINT recommendation_source_composed CHECK (((source IS NFC NORMALIZED) AND (char_length(source) <= 300))),
    CONSTRAINT recommendation_state_known CHECK ((state = ANY (ARRAY['given'::text, 'taken_on'::text, 'declined'::text, 'answered'::text, 'closed'::text]))),
    CONSTRAINT recommendation_text_is_text CHECK ((is_text(text) AND (char_length(text) <= 2000))),
    CONSTRAINT recommendation_version_counts CHECK ((version >= 1))
);
ALTER TABLE recommendation ENABLE ROW LEVEL SECURITY;

CREATE TABLE recommendation_entry (
    recommendation_id bigint NOT NULL,
    entry_id bigint NOT NULL,
    city_id bigint NOT NULL,
    assessment_id bigint NOT NULL,
    CONSTRAINT recommendation_entry_pkey PRIMARY KEY (city_id, entry_id, recommendation_id),
    CONSTRAINT recommendation_entry_entry_fkey FOREIGN KEY (city_id, assessment_id, entry_id) REFERENCES entry(city_id, assessment_id, id),
    CONSTRAINT recommendation_entry_recommendation_fkey FOREIGN KEY (city_id, assessment_id, recommendation_id) REFERENCES recommendation(city_id, assessment_id, id)
);
ALTER TABLE recommendation_entry ENABLE ROW LEVEL SECURITY;

CREATE TABLE recommendation_move (
    recommendation_id bigint NOT NULL,
    version integer NOT NULL,
    city_id bigint NOT NULL,
    act text NOT NULL,
    state_from text,
    state_to text NOT NULL,
    note text NOT NULL,
    moved_on date NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    recorded_by bigint NOT NULL,
    CONSTRAINT recommendation_move_pkey PRIMARY KEY (city_id, recommendation_id, version),
    CONSTRAINT recommendation_move_recommendation_fkey FOREIGN KEY (city_id, recommendation_id) REFERENCES recommendation(city_id, id),
    CONSTRAINT recommendation_move_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES account(id),
    CONSTRAINT recommendation_move_act_leads_there CHECK (
CASE act
    WHEN 'give_recommendation'::text THEN ((version = 1) AND (state_from IS NULL) AND (state_to = 'given'::text))
    WHEN 'take_on_recommendation'::text THEN ((state_from = ANY (ARRAY['given'::text, 'declined'::text])) AND (state_to = 'taken_on'::text))
    WHEN 'decline_recommendation'::text THEN ((state_from = 'given'::text) AND (state_to = 'declined'::text))
    WHEN 'answer_recommendation'::text THEN ((state_from = 'taken_on'::text) AND (state_to = 'answered'::text))
    WHEN 'close_recommendation'::text THEN ((state_from = ANY (ARRAY['declined'::text, 'answered'::text])) AND (state_to = 'closed'::text))
    WHEN 'reopen_recommendation'::text THEN ((state_from = ANY (ARRAY['declined'::text, 'answered'::text, 'closed'::text])) AND (state_to = 'given'::text))
    ELSE false
END),
    CONSTRAINT recommendation_move_note_composed CHECK (((note IS NFC NORMALIZED) AND (char_length(note) <= 2000))),
    CONSTRAINT recommendation_move_with_a_reason CHECK (((act <> ALL (ARRAY['decline_recommendation'::text, 'reopen_recommendation'::text])) OR is_text(note)))
);
ALTER TABLE recommendation_move ENABLE ROW LEVEL SECURITY;

CREATE TABLE recommendation_evidence (
    recommendation_id bigint NOT NULL,
    version integer NOT NULL,
    evidence_id bigint NOT NULL,
    city_id bigint NOT NULL,
    CONSTRAINT recommendation_evidence_pkey PRIMARY KEY (city_id, recommendation_id, version, evidence_id),
    CONSTRAINT recommendation_evidence_evidence_fkey FOREIGN KEY (city_id, evidence_id) REFERENCES evidence(city_id, id),
    CONSTRAINT recommendation_evidence_move_fkey FOREIGN KEY (city_id, recommendation_id, version) REFERENCES recommendation_move(city_id, recommendation_id, version)
);
ALTER TABLE recommendation_evidence ENABLE ROW LEVEL SECURITY;

CREATE TABLE task (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    city_id bigint NOT NULL,
    assessment_id bigint NOT NULL,
    department_id bigint NOT NULL,
    assignee_id bigint,
    title text NOT NULL,
    detail text NOT NULL,
    due_on date NOT NULL,
    source text NOT NULL,
    source_entry_id bigint,
    recommendation_id bigint,
    direction_id bigint,
    state text NOT NULL,
    version integer NOT NULL,
    created_by bigint NOT NULL,
    CONSTRAINT task_pkey PRIMARY KEY (city_id, id),
    CONSTRAINT task_of_assessment UNIQUE (city_id, assessment_id, id),
    CONSTRAINT task_assessment_fkey FOREIGN KEY (city_id, assessment_id) REFERENCES assessment(city_id, id),
    CONSTRAINT task_assignee_fkey FOREIGN KEY (city_id, assignee_id) REFERENCES membership(city_id, account_id),
    CONSTRAINT task_created_by_fkey FOREIGN KEY (created_by) REFERENCES account(id),
    CONSTRAINT task_department_fkey FOREIGN KEY (city_id, department_id) REFERENCES department(city_id, id),
    CONSTRAINT task_direction_fkey FOREIGN KEY (city_id, assessment_id, direction_id) REFERENCES thread(city_id, assessment_id, id),
    CONSTRAINT task_recommendation_fkey FOREIGN KEY (city_id, assessment_id, recommendation_id) REFERENCES recommendation(city_id, assessment_id, id),
    CONSTRAINT task_source_entry_fkey FOREIGN KEY (city_id, assessment_id, source_entry_id) REFERENCES entry(city_id, assessment_id, id),
    CONSTRAINT task_detail_composed CHECK (((detail IS NFC NORMALIZED) AND (char_length(detail) <= 10000))),
    CONSTRAINT task_source_names_its_kind CHECK (
CASE source
    WHEN 'hand'::text THEN (num_nonnulls(source_entry_id, recommendation_id, direction_id) = 0)
    WHEN 'recommendation'::text THEN ((recommendation_id IS NOT NULL) AND (num_nonnulls(source_entry_id, direction_id) = 0))
    WHEN 'direction'::text THEN ((direction_id IS NOT NULL) AND (num_nonnulls(source_entry_id, recommendation_id) = 0))
    WHEN 'obstacle'::text THEN ((source_entry_id IS NOT NULL) AND (num_nonnulls(recommendation_id, direction_id) = 0))
    WHEN 'solution'::text THEN ((source_entry_id IS NOT NULL) AND (num_nonnulls(recommendation_id, direction_id) = 0))
    WHEN 'return'::text THEN ((source_entry_id IS NOT NULL) AND (num_nonnulls(recommendation_id, direction_id) = 0))
    ELSE false
END),
    CONSTRAINT task_state_known CHECK ((state = ANY (ARRAY['open'::text, 'done'::text, 'dropped'::text]))),
    CONSTRAINT task_title_is_text CHECK ((is_text(title) AND (char_length(title) <= 300))),
    CONSTRAINT task_version_counts CHECK ((version >= 1))
);
ALTER TABLE task ENABLE ROW LEVEL SECURITY;

CREATE TABLE task_entry (
    task_id bigint NOT NULL,
    entry_id bigint NOT NULL,
    city_id bigint NOT NULL,
    assessment_id bigint NOT NULL,
    CONSTRAINT task_entry_pkey PRIMARY KEY (city_id, entry_id, task_id),
    CONSTRAINT task_entry_entry_fkey FOREIGN KEY (city_id, assessment_id, entry_id) REFERENCES entry(city_id, assessment_id, id),
    CONSTRAINT task_entry_task_fkey FOREIGN KEY (city_id, assessment_id, task_id) REFERENCES task(city_id, assessment_id, id)
);
ALTER TABLE task_entry ENABLE ROW LEVEL SECURITY;

CREATE TABLE task_move (
    task_id bigint NOT NULL,
    version integer NOT NULL,
    city_id bigint NOT NULL,
    act text NOT NULL,
    state_from text,
    state_to text NOT NULL,
    note text NOT NULL,
    moved_on date NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    recorded_by bigint NOT NULL,
    CONSTRAINT task_move_pkey PRIMARY KEY (city_id, task_id, version),
    CONSTRAINT task_move_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES account(id),
    CONSTRAINT task_move_task_fkey FOREIGN KEY (city_id, task_id) REFERENCES task(city_id, id),
    CONSTRAINT task_move_act_leads_there CHECK (
CASE act
    WHEN 'give_task'::text THEN ((version = 1) AND (state_from IS NULL) AND (state_to = 'open'::text))
    WHEN 'change_task'::text THEN ((state_from = 'open'::text) AND (state_to = 'open'::text))
    WHEN 'complete_task'::text THEN ((state_from = 'open'::text) AND (state_to = 'done'::text))
    WHEN 'drop_task'::text THEN ((state_from = 'open'::text) AND (state_to = 'dropped'::text))
    WHEN 'reopen_task'::text THEN ((state_from = ANY (ARRAY['done'::text, 'dropped'::text])) AND (state_to = 'open'::text))
    ELSE false
END),
    CONSTRAINT task_move_note_composed CHECK (((note IS NFC NORMALIZED) AND (char_length(note) <= 2000))),
    CONSTRAINT task_move_with_a_reason CHECK (((act <> ALL (ARRAY['drop_task'::text, 'reopen_task'::text])) OR is_text(note)))
);
ALTER TABLE task_move ENABLE ROW LEVEL SECURITY;

CREATE TABLE task_evidence (
    task_id bigint NOT NULL,
    version integer NOT NULL,
    evidence_id bigint NOT NULL,
    city_id bigint NOT NULL,
    CONSTRAINT task_evidence_pkey PRIMARY KEY (city_id, task_id, version, evidence_id),
    CONSTRAINT task_evidence_evidence_fkey FOREIGN KEY (city_id, evidence_id) REFERENCES evidence(city_id, id),
    CONSTRAINT task_evidence_move_fkey FOREIGN KEY (city_id, task_id, version) REFERENCES task_move(city_id, task_id, version)
);
ALTER TABLE task_evidence ENABLE ROW LEVEL SECURITY;

CREATE TABLE assignment_notice (
    entry_id bigint NOT NULL,
    city_id bigint NOT NULL,
    assessment_id bigint NOT NULL,
    department_id bigint,
    assignee_id bigint,
    told_at timestamp with time zone NOT NULL,
    CONSTRAINT assignment_notice_pkey PRIMARY KEY (entry_id),
    CONSTRAINT assignment_notice_assignee_fkey FOREIGN KEY (city_id, assignee_id) REFERENCES membership(city_id, account_id),
    CONSTRAINT assignment_notice_department_fkey FOREIGN KEY (city_id, department_id) REFERENCES department(city_id, id),
    CONSTRAINT assignment_notice_entry_fkey FOREIGN KEY (city_id, assessment_id, entry_id) REFERENCES entry(city_id, assessment_id, id)
);
ALTER TABLE assignment_notice ENABLE ROW LEVEL SECURITY;

CREATE TABLE entry_notice (
    entry_id bigint NOT NULL,
    due_on date NOT NULL,
    days integer NOT NULL,
    city_id bigint NOT NULL,
    assessment_id bigint NOT NULL,
    noticed_at timestamp with time zone NOT NULL,
    CONSTRAINT entry_notice_pkey PRIMARY KEY (entry_id, due_on, days),
    CONSTRAINT entry_notice_entry_fkey FOREIGN KEY (city_id, assessment_id, entry_id) REFERENCES entry(city_id, assessment_id, id),
    CONSTRAINT entry_notice_days_known CHECK ((days = ANY (ARRAY[7, 1, '-1'::integer])))
);
ALTER TABLE entry_notice ENABLE ROW LEVEL SECURITY;

CREATE TABLE mail_choice (
    account_id bigint NOT NULL,
    choice text NOT NULL,
    chosen_at timestamp with time zone NOT NULL,
    CONSTRAINT mail_choice_pkey PRIMARY KEY (account_id),
    CONSTRAINT mail_choice_account_fkey FOREIGN KEY (account_id) REFERENCES account(id),
    CONSTRAINT mail_choice_known CHECK ((choice = ANY (ARRAY['at_once'::text, 'digest'::text, 'none'::text])))
);
ALTER TABLE mail_choice ENABLE ROW LEVEL SECURITY;

CREATE TABLE notice_mail (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    account_id bigint NOT NULL,
    day date,
    planned_at timestamp with time zone NOT NULL,
    stop_token_hash bytea,
    handed_at timestamp with time zone,
    closed_at timestamp with time zone,
    outcome text,
    CONSTRAINT notice_mail_pkey PRIMARY KEY (id),
    CONSTRAINT notice_mail_of_account UNIQUE (account_id, id),
    CONSTRAINT notice_mail_one_digest_a_day UNIQUE (account_id, day),
    CONSTRAINT notice_mail_stop_token_once UNIQUE (stop_token_hash),
    CONSTRAINT notice_mail_account_fkey FOREIGN KEY (account_id) REFERENCES account(id),
    CONSTRAINT notice_mail_closed_with_an_outcome CHECK (((closed_at IS NULL) = (outcome IS NULL))),
    CONSTRAINT notice_mail_outcome_known CHECK ((outcome = ANY (ARRAY['sent'::text, 'unheard'::text, 'given_up'::text, 'nothing'::text]))),
    CONSTRAINT notice_mail_stop_token_is_hashed CHECK ((octet_length(stop_token_hash) = 32))
);
ALTER TABLE notice_mail ENABLE ROW LEVEL SECURITY;

CREATE TABLE digest_round (
    day date NOT NULL,
    planned_at timestamp with time zone NOT NULL,
    CONSTRAINT digest_round_pkey PRIMARY KEY (day)
);

CREATE TABLE assessment_move (
    assessment_id bigint NOT NULL,
    version integer NOT NULL,
    city_id bigint NOT NULL,
    act text NOT NULL,
    note text NOT NULL,
    moved_on date NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    recorded_by bigint NOT NULL,
    CONSTRAINT assessment_move_pkey PRIMARY KEY (assessment_id, version),
    CONSTRAINT assessment_move_assessment_fkey FOREIGN KEY (city_id, assessment_id) REFERENCES assessment(city_id, id),
    CONSTRAINT assessment_move_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES account(id),
    CONSTRAINT assessment_move_act_known CHECK ((act = ANY (ARRAY['submit_assessment'::text, 'close_assessment'::text, 'reopen_assessment'::text]))),
    CONSTRAINT assessment_move_note_composed CHECK (((note IS NFC NORMALIZED) AND (char_length(note) <= 2000))),
    CONSTRAINT assessment_move_version_counts CHECK ((version >= 2)),
    CONSTRAINT assessment_move_with_a_reason CHECK (((act = 'submit_assessment'::text) OR is_text(note)))
);
ALTER TABLE assessment_move ENABLE ROW LEVEL SECURITY;

-- Indexes that no constraint makes

CREATE INDEX audit_account ON audit USING btree (account_id, recorded_at, id);
CREATE INDEX audit_city ON audit USING btree (city_id, recorded_at, id);
CREATE INDEX city_region ON city USING btree (region_id);
CREATE INDEX content_sha256 ON content USING btree (sha256) INCLUDE (size);
CREATE INDEX entry_revision_assessment ON entry_revision USING btree (assessment_id, city_id) INCLUDE (entry_id, entry_version, effective_on, recorded_at);
CREATE INDEX evidence_department ON evidence USING btree (city_id, department_id, id);
CREATE INDEX evidence_link_assessment ON evidence_link USING btree (city_id, assessment_id);
CREATE INDEX evidence_link_evidence ON evidence_link USING btree (city_id, evidence_id);
CREATE INDEX evidence_search_words ON evidence_search USING gin (words) WITH (fastupdate=off);
CREATE INDEX evidence_unanswering ON evidence USING btree (city_id, id) WHERE ((uses > 0) AND (answering = 0) AND (withdrawn_at IS NULL));
CREATE INDEX evidence_unused ON evidence USING btree (city_id, id) WHERE ((uses = 0) AND (withdrawn_at IS NULL));
CREATE INDEX evidence_valid_until ON evidence USING btree (city_id, valid_until, id) WHERE ((valid_until IS NOT NULL) AND (withdrawn_at IS NULL));
CREATE INDEX evidence_version_content ON evidence_version USING btree (city_id, sha256) WHERE (sha256 IS NOT NULL);
CREATE INDEX former_assignment_assessment ON former_assignment USING btree (city_id, assessment_id);
CREATE INDEX former_city_slug ON former_city USING btree (slug);
CREATE INDEX former_name_city ON former_name USING btree (city_id);
CREATE INDEX half_sign_in_expires ON half_sign_in USING btree (expires_at);
CREATE INDEX handover_successor ON handover USING btree (successor_id);
CREATE INDEX inbox_item_account ON inbox_item USING btree (account_id, created_at, id);
CREATE INDEX inbox_item_account_city ON inbox_item USING btree (account_id, city_id, created_at, id);
CREATE INDEX inbox_item_assigned ON inbox_item USING btree (entry_id, created_at) WHERE (kind = 'entry_assigned'::text);
CREATE INDEX inbox_item_unread ON inbox_item USING btree (account_id, created_at, id) WHERE (read_at IS NULL);
CREATE INDEX inbox_item_unread_city ON inbox_item USING btree (account_id, city_id, created_at, id) WHERE (read_at IS NULL);
CREATE UNIQUE INDEX invitation_open_once ON invitation USING btree (city_id, email) WHERE ((accepted_at IS NULL) AND (withdrawn_at IS NULL));
CREATE UNIQUE INDEX invitation_to_region_once ON invitation USING btree (region_id, email) WHERE ((accepted_at IS NULL) AND (withdrawn_at IS NULL));
CREATE INDEX membership_city ON membership USING btree (city_id);
CREATE INDEX milestone_assessment ON milestone USING btree (assessment_id, held_on);
CREATE UNIQUE INDEX notice_mail_one_at_once ON notice_mail USING btree (account_id) WHERE ((day IS NULL) AND (closed_at IS NULL));
CREATE INDEX notice_mail_open ON notice_mail USING btree (planned_at) WHERE (closed_at IS NULL);
CREATE INDEX password_link_asked_for ON password_link USING btree (account_id, created_at) WHERE (city_id IS NULL);
CREATE UNIQUE INDEX password_link_open_once ON password_link USING btree (city_id, account_id) WHERE ((used_at IS NULL) AND (withdrawn_at IS NULL));
CREATE INDEX recommendation_entry_recommendation ON recommendation_entry USING btree (city_id, recommendation_id);
CREATE INDEX session_account ON session USING btree (account_id);
CREATE INDEX session_expires ON session USING btree (expires_at);
CREATE INDEX sign_in_counter_last_at ON sign_in_counter USING btree (last_at);
CREATE INDEX status_change_assessment ON status_change USING btree (assessment_id, city_id) INCLUDE (entry_id, entry_version, effective_on, recorded_at, claim_to, verdict_to);
CREATE INDEX task_due ON task USING btree (city_id, assessment_id, due_on, id);
CREATE INDEX task_entry_task ON task_entry USING btree (city_id, task_id);
CREATE INDEX task_recommendation ON task USING btree (city_id, recommendation_id) WHERE (recommendation_id IS NOT NULL);
CREATE INDEX thread_direction ON thread USING btree (city_id, id) WHERE (kind = 'direction'::text);
CREATE INDEX thread_entry ON thread USING btree (city_id, entry_id) WHERE (entry_id IS NOT NULL);
CREATE INDEX thread_evidence ON thread USING btree (city_id, evidence_id) WHERE (evidence_id IS NOT NULL);

-- Policies

CREATE POLICY region_changed ON region FOR UPDATE
    USING ( SELECT reads_installation() AS reads_installation);
CREATE POLICY region_known ON region FOR SELECT
    USING true;
CREATE POLICY region_new ON region FOR INSERT
    WITH CHECK true;
CREATE POLICY city_known ON city FOR SELECT
    USING true;
CREATE POLICY city_named ON city FOR UPDATE
    USING (id = ( SELECT current_city() AS current_city));
CREATE POLICY city_new ON city FOR INSERT
    WITH CHECK true;
CREATE POLICY department_of_city ON department
    USING (city_id = current_city());
CREATE POLICY membership_of_city ON membership
    USING (city_id = current_city())
    WITH CHECK (NOT (city_id IS DISTINCT FROM current_city()));
CREATE POLICY membership_of_installation ON membership
    USING (( SELECT reads_installation() AS reads_installation) AND (city_id IS NULL) AND (( SELECT current_city() AS current_city) IS NULL));
CREATE POLICY assessment_of_city ON assessment
    USING (city_id = current_city());
CREATE POLICY milestone_of_city ON milestone
    USING (city_id = current_city());
CREATE POLICY entry_into_open_assessment ON entry AS RESTRICTIVE FOR INSERT
    WITH CHECK (EXISTS ( SELECT
   FROM assessment a
  WHERE ((a.id = entry.assessment_id) AND (a.closed_on IS NULL))));
CREATE POLICY entry_of_city ON entry
    USING (city_id = current_city());
CREATE POLICY entry_of_open_assessment ON entry AS RESTRICTIVE FOR UPDATE
    USING true
    WITH CHECK (EXISTS ( SELECT
   FROM assessment a
  WHERE ((a.id = entry.assessment_id) AND (a.closed_on IS NULL))));
CREATE POLICY status_change_into_open_assessment ON status_change AS RESTRICTIVE FOR INSERT
    WITH CHECK (EXISTS ( SELECT
   FROM assessment a
  WHERE ((a.id = status_change.assessment_id) AND (a.closed_on IS NULL))));
CREATE POLICY status_change_of_city ON status_change
    USING (city_id = current_city());
CREATE POLICY entry_revision_into_open_assessment ON entry_revision AS RESTRICTIVE FOR INSERT
    WITH CHECK (EXISTS ( SELECT
   FROM assessment a
  WHERE ((a.id = entry_revision.assessment_id) AND (a.closed_on IS NULL))));
CREATE POLICY entry_revision_of_city ON entry_revision
    USING (city_id = current_city());
CREATE POLICY measurement_into_open_assessment ON measurement AS RESTRICTIVE FOR INSERT
    WITH CHECK (EXISTS ( SELECT
   FROM assessment a
  WHERE ((a.id = measurement.assessment_id) AND (a.closed_on IS NULL))));
CREATE POLICY measurement_of_city ON measurement
    USING (city_id = current_city());
CREATE POLICY measurement_of_open_assessment ON measurement AS RESTRICTIVE FOR UPDATE
    USING true
    WITH CHECK (EXISTS ( SELECT
   FROM assessment a
  WHERE ((a.id = measurement.assessment_id) AND (a.closed_on IS NULL))));
CREATE POLICY audit_of_account ON audit FOR SELECT
    USING (account_id = ( SELECT current_account() AS current_account));
CREATE POLICY audit_of_city ON audit
    USING ((city_id = ( SELECT current_city() AS current_city)) AND ((NOT starts_with(subject, 'internal_thread '::text)) OR ('internal'::text = ANY (( SELECT current_audiences() AS current_audiences)::text[]))))
    WITH CHECK (NOT (city_id IS DISTINCT FROM current_city()));
CREATE POLICY audit_of_installation ON audit FOR SELECT
    USING (( SELECT reads_installation() AS reads_installation) AND ((city_id IS NULL) OR (act = ANY (ARRAY['add_member'::text, 'invite'::text, 'renew_invitation'::text, 'withdraw_invitation'::text, 'accept_invitation'::text, 'change_person'::text, 'disable_person'::text, 'enable_person'::text, 'make_password_link'::text, 'withdraw_password_link'::text, 'reset_password'::text, 'rename_city'::text, 'move_city'::text, 'archive_city'::text, 'restore_city'::text, 'merge_cities'::text, 'split_city'::text]))));
CREATE POLICY audit_of_second_steps ON audit FOR SELECT
    USING (( SELECT reads_installation() AS reads_installation) AND (act = ANY (ARRAY['reset_second_step'::text, 'require_second_step'::text])));
CREATE POLICY invitation_of_city ON invitation
    USING (city_id = current_city());
CREATE POLICY invitation_of_region ON invitation
    USING (( SELECT reads_installation() AS reads_installation) AND (city_id IS NULL) AND (( SELECT current_city() AS current_city) IS NULL));
CREATE POLICY password_link_of_city ON password_link
    USING (city_id = current_city());
CREATE POLICY former_name_of_city ON former_name
    USING (city_id = current_city());
CREATE POLICY former_assignment_into_open_assessment ON former_assignment AS RESTRICTIVE FOR INSERT
    WITH CHECK (EXISTS ( SELECT
   FROM assessment a
  WHERE ((a.id = former_assignment.assessment_id) AND (a.closed_on IS NULL))));
CREATE POLICY former_assignment_of_city ON former_assignment
    USING (city_id = current_city());
CREATE POLICY inbox_item_mark ON inbox_item FOR UPDATE
    USING (account_id = ( SELECT current_account() AS current_account));
CREATE POLICY inbox_item_of_account ON inbox_item FOR SELECT
    USING (account_id = ( SELECT current_account() AS current_account));
CREATE POLICY inbox_item_tell ON inbox_item FOR INSERT
    WITH CHECK (NOT (city_id IS DISTINCT FROM current_city()));
CREATE POLICY former_city_known ON former_city FOR SELECT
    USING true;
CREATE POLICY former_city_of_city ON former_city
    USING (city_id = current_city());
CREATE POLICY handover_known ON handover FOR SELECT
    USING true;
CREATE POLICY handover_of_city ON handover
    USING (city_id = current_city());
CREATE POLICY content_of_city ON content
    USING (city_id = current_city());
CREATE POLICY evidence_of_city ON evidence
    USING (city_id = current_city());
CREATE POLICY evidence_version_of_city ON evidence_version
    USING (city_id = current_city());
CREATE POLICY evidence_text_of_city ON evidence_text
    USING (city_id = current_city());
CREATE POLICY evidence_search_of_city ON evidence_search
    USING (city_id = current_city());
CREATE POLICY evidence_link_into_open_assessment ON evidence_link AS RESTRICTIVE FOR INSERT
    WITH CHECK (EXISTS ( SELECT
   FROM assessment a
  WHERE ((a.id = evidence_link.assessment_id) AND (a.closed_on IS NULL))));
CREATE POLICY evidence_link_of_city ON evidence_link
    USING (city_id = current_city());
CREATE POLICY evidence_link_of_open_assessment ON evidence_link AS RESTRICTIVE FOR UPDATE
    USING true
    WITH CHECK (EXISTS ( SELECT
   FROM assessment a
  WHERE ((a.id = evidence_link.assessment_id) AND (a.closed_on IS NULL))));
CREATE POLICY evidence_notice_of_city ON evidence_notice
    USING (city_id = current_city());
CREATE POLICY former_passport_of_city ON former_passport
    USING (city_id = current_city());
CREATE POLICY thread_into_open_assessment ON thread AS RESTRICTIVE FOR INSERT
    WITH CHECK ((assessment_id IS NULL) OR (EXISTS ( SELECT
   FROM assessment a
  WHERE ((a.id = thread.assessment_id) AND (a.closed_on IS NULL)))));
CREATE POLICY thread_of_audience ON thread
    USING ((city_id = current_city()) AND (audience = ANY (( SELECT current_audiences() AS current_audiences)::text[])));
CREATE POLICY thread_of_open_assessment ON thread AS RESTRICTIVE FOR UPDATE
    USING true
    WITH CHECK ((assessment_id IS NULL) OR (EXISTS ( SELECT
   FROM assessment a
  WHERE ((a.id = thread.assessment_id) AND (a.closed_on IS NULL)))));
CREATE POLICY comment_into_open_assessment ON comment AS RESTRICTIVE FOR INSERT
    WITH CHECK (NOT (EXISTS ( SELECT
   FROM (thread t
     JOIN assessment a ON ((a.id = t.assessment_id)))
  WHERE ((t.city_id = comment.city_id) AND (t.id = comment.thread_id) AND (a.closed_on IS NOT NULL)))));
CREATE POLICY comment_of_audience ON comment
    USING ((city_id = current_city()) AND (audience = ANY (( SELECT current_audiences() AS current_audiences)::text[])));
CREATE POLICY comment_of_open_assessment ON comment AS RESTRICTIVE FOR UPDATE
    USING true
    WITH CHECK (NOT (EXISTS ( SELECT
   FROM (thread t
     JOIN assessment a ON ((a.id = t.assessment_id)))
  WHERE ((t.city_id = comment.city_id) AND (t.id = comment.thread_id) AND (a.closed_on IS NOT NULL)))));
CREATE POLICY comment_revision_into_open_assessment ON comment_revision AS RESTRICTIVE FOR INSERT
    WITH CHECK (NOT (EXISTS ( SELECT
   FROM (thread t
     JOIN assessment a ON ((a.id = t.assessment_id)))
  WHERE ((t.city_id = comment_revision.city_id) AND (t.id = comment_revision.thread_id) AND (a.closed_on IS NOT NULL)))));
CREATE POLICY comment_revision_of_audience ON comment_revision
    USING ((city_id = current_city()) AND (audience = ANY (( SELECT current_audiences() AS current_audiences)::text[])));
CREATE POLICY comment_mention_into_open_assessment ON comment_mention AS RESTRICTIVE FOR INSERT
    WITH CHECK (NOT (EXISTS ( SELECT
   FROM (thread t
     JOIN assessment a ON ((a.id = t.assessment_id)))
  WHERE ((t.city_id = comment_mention.city_id) AND (t.id = comment_mention.thread_id) AND (a.closed_on IS NOT NULL)))));
CREATE POLICY comment_mention_of_audience ON comment_mention
    USING ((city_id = current_city()) AND (audience = ANY (( SELECT current_audiences() AS current_audiences)::text[])));
CREATE POLICY recommendation_of_city ON recommendation
    USING (city_id = current_city());
CREATE POLICY recommendation_entry_of_city ON recommendation_entry
    USING (city_id = current_city());
CREATE POLICY recommendation_move_of_city ON recommendation_move
    USING (city_id = current_city());
CREATE POLICY recommendation_evidence_of_city ON recommendation_evidence
    USING (city_id = current_city());
CREATE POLICY task_into_open_assessment ON task AS RESTRICTIVE FOR INSERT
    WITH CHECK ((source = 'recommendation'::text) OR (EXISTS ( SELECT
   FROM assessment a
  WHERE ((a.id = task.assessment_id) AND (a.closed_on IS NULL)))));
CREATE POLICY task_of_city ON task
    USING (city_id = current_city());
CREATE POLICY task_entry_of_city ON task_entry
    USING (city_id = current_city());
CREATE POLICY task_move_of_city ON task_move
    USING (city_id = current_city());
CREATE POLICY task_evidence_of_city ON task_evidence
    USING (city_id = current_city());
CREATE POLICY assignment_notice_of_city ON assignment_notice
    USING (city_id = current_city());
CREATE POLICY entry_notice_of_city ON entry_notice
    USING (city_id = current_city());
CREATE POLICY mail_choice_of_account ON mail_choice
    USING (account_id = ( SELECT current_account() AS current_account));
CREATE POLICY notice_mail_of_account ON notice_mail
    USING (account_id = ( SELECT current_account() AS current_account));
CREATE POLICY assessment_move_of_city ON assessment_move
    USING (city_id = current_city());

-- Triggers

CREATE TRIGGER region_paths AFTER INSERT OR UPDATE OF parent_id ON region FOR EACH STATEMENT EXECUTE FUNCTION region_paths();
CREATE TRIGGER city_slug_kept AFTER INSERT OR UPDATE OF slug ON city FOR EACH ROW EXECUTE FUNCTION city_slug_kept();
CREATE TRIGGER entry_texts_hold AFTER INSERT OR UPDATE OF narrative, obstacles, solution ON entry FOR EACH ROW EXECUTE FUNCTION entry_texts_hold();

-- Rights, the owner's aside

GRANT SELECT ON TABLE framework TO learningcity_app;
GRANT SELECT ON TABLE indicator_group TO learningcity_app;
GRANT SELECT ON TABLE area TO learningcity_app;
GRANT SELECT ON TABLE feature TO learningcity_app;
GRANT SELECT ON TABLE indicator TO learningcity_app;
GRANT INSERT, SELECT, UPDATE (parent_id, name_vi, name_en, version) ON TABLE region TO learningcity_app;
GRANT INSERT, SELECT, UPDATE (region_id, slug, name_vi, name_en, version, archived_on) ON TABLE city TO learningcity_app;
GRANT INSERT, SELECT, UPDATE (name_vi, name_en, version, retired_on) ON TABLE department TO learningcity_app;
GRANT INSERT, SELECT (id, name, second_step_at) ON TABLE account TO learningcity_app;
GRANT INSERT, SELECT, UPDATE (role, department_id, ends_on, version, disabled_at) ON TABLE membership TO learningcity_app;
GRANT INSERT, SELECT, UPDATE (closed_on, version, submitted) ON TABLE assessment TO learningcity_app;
GRANT INSERT, SELECT ON TABLE milestone TO learningcity_app;
GRANT INSERT, SELECT, UPDATE ON TABLE entry TO learningcity_app;
GRANT INSERT, SELECT ON TABLE status_change TO learningcity_app;
GRANT INSERT, SELECT ON TABLE entry_revision TO learningcity_app;
GRANT INSERT, SELECT, UPDATE (value, target, source) ON TABLE measurement TO learningcity_app;
GRANT INSERT, SELECT ON TABLE audit TO learningcity_app;
GRANT INSERT, SELECT (id, city_id, email, role, department_id, ends_on, language, invited_by, created_at, expires_at, accepted_at, accepted_by, withdrawn_at, region_id), UPDATE (token_hash, department_id, invited_by, expires_at, accepted_at, accepted_by, withdrawn_at, mailed_token_hash) ON TABLE invitation TO learningcity_app;
GRANT INSERT, SELECT (id, city_id, account_id, made_by, created_at, expires_at, used_at, withdrawn_at), UPDATE (used_at, withdrawn_at, mailed_token_hash) ON TABLE password_link TO learningcity_app;
GRANT INSERT, SELECT ON TABLE audit_seal TO learningcity_app;
GRANT INSERT, SELECT ON TABLE former_name TO learningcity_app;
GRANT INSERT, SELECT ON TABLE former_assignment TO learningcity_app;
GRANT INSERT, SELECT, UPDATE (read_at, mail_id) ON TABLE inbox_item TO learningcity_app;
GRANT INSERT, SELECT ON TABLE former_city TO learningcity_app;
GRANT INSERT, SELECT, UPDATE (ended_on) ON TABLE handover TO learningcity_app;
GRANT INSERT, SELECT ON TABLE content TO learningcity_app;
GRANT INSERT, SELECT, UPDATE (department_id, title, document_number, issuer, issued_on, period_from, period_to, valid_until, access, language, note, version, latest, uses, answering, withdrawn_at, withdrawn_on, withdrawn_by, withdrawn_reason) ON TABLE evidence TO learningcity_app;
GRANT INSERT, SELECT ON TABLE evidence_version TO learningcity_app;
GRANT INSERT, SELECT ON TABLE evidence_text TO learningcity_app;
GRANT INSERT, SELECT, UPDATE (words) ON TABLE evidence_search TO learningcity_app;
GRANT INSERT, SELECT, UPDATE (answers, linked) ON TABLE evidence_link TO learningcity_app;
GRANT INSERT, SELECT ON TABLE evidence_notice TO learningcity_app;
GRANT INSERT, SELECT ON TABLE former_passport TO learningcity_app;
GRANT INSERT, SELECT, UPDATE (version, comments, answered_at, answered_by, resolved_at, resolved_by) ON TABLE thread TO learningcity_app;
GRANT INSERT, SELECT, UPDATE (version, text, edited_at, deleted_at) ON TABLE comment TO learningcity_app;
GRANT INSERT, SELECT ON TABLE comment_revision TO learningcity_app;
GRANT INSERT, SELECT ON TABLE comment_mention TO learningcity_app;
GRANT INSERT, SELECT, UPDATE (state, version) ON TABLE recommendation TO learningcity_app;
GRANT INSERT, SELECT ON TABLE recommendation_entry TO learningcity_app;
GRANT INSERT, SELECT ON TABLE recommendation_move TO learningcity_app;
GRANT INSERT, SELECT ON TABLE recommendation_evidence TO learningcity_app;
GRANT INSERT, SELECT, UPDATE (department_id, assignee_id, title, detail, due_on, state, version) ON TABLE task TO learningcity_app;
GRANT INSERT, SELECT ON TABLE task_entry TO learningcity_app;
GRANT INSERT, SELECT ON TABLE task_move TO learningcity_app;
GRANT INSERT, SELECT ON TABLE task_evidence TO learningcity_app;
GRANT INSERT, SELECT, UPDATE (department_id, assignee_id, told_at) ON TABLE assignment_notice TO learningcity_app;
GRANT INSERT, SELECT ON TABLE entry_notice TO learningcity_app;
GRANT INSERT, SELECT, UPDATE (choice, chosen_at) ON TABLE mail_choice TO learningcity_app;
GRANT SELECT (id, account_id, day, planned_at, handed_at, closed_at, outcome), UPDATE (stop_token_hash, handed_at, closed_at, outcome) ON TABLE notice_mail TO learningcity_app;
GRANT INSERT, SELECT ON TABLE assessment_move TO learningcity_app;
GRANT EXECUTE ON FUNCTION account_address(p_account_id bigint) TO learningcity_app;
GRANT EXECUTE ON FUNCTION account_name(p_account_id bigint) TO learningcity_app;
GRANT EXECUTE ON FUNCTION account_of_password_link(p_token_hash bytea, p_now timestamp with time zone) TO learningcity_app;
GRANT EXECUTE ON FUNCTION account_of_stop_link(p_token_hash bytea) TO learningcity_app;
GRANT EXECUTE ON FUNCTION ask_password_link(p_email text, p_job bigint, p_token_hash bytea, p_now timestamp with time zone, p_until timestamp with time zone, p_since timestamp with time zone, p_most integer) TO learningcity_app;
GRANT EXECUTE ON FUNCTION audit_edge() TO learningcity_app;
GRANT EXECUTE ON FUNCTION audit_hashes(p_after bigint, p_upto bigint, p_most integer) TO learningcity_app;
GRANT EXECUTE ON FUNCTION begin_half_sign_in(p_account bigint, p_password_hash text, p_token_hash bytea, p_now timestamp with time zone, p_expires timestamp with time zone) TO learningcity_app;
GRANT EXECUTE ON FUNCTION change_own_password(p_token_hash bytea, p_now timestamp with time zone, p_old_hash text, p_new_hash text, p_browser bytea) TO learningcity_app;
GRANT EXECUTE ON FUNCTION change_own_profile(p_token_hash bytea, p_now timestamp with time zone, p_name text, p_language text) TO learningcity_app;
GRANT EXECUTE ON FUNCTION city_account() TO learningcity_app;
GRANT EXECUTE ON FUNCTION city_past(p_city_id bigint) TO PUBLIC;
GRANT EXECUTE ON FUNCTION city_recipient(p_account_id bigint) TO learningcity_app;
GRANT EXECUTE ON FUNCTION city_slug_kept() TO PUBLIC;
GRANT EXECUTE ON FUNCTION city_words(p_words text[]) TO PUBLIC;
GRANT EXECUTE ON FUNCTION content_is_used(p_sha256 bytea) TO learningcity_app;
GRANT EXECUTE ON FUNCTION contents_after(p_after bytea, p_most integer) TO learningcity_app;
GRANT EXECUTE ON FUNCTION current_account() TO PUBLIC;
GRANT EXECUTE ON FUNCTION current_audiences() TO PUBLIC;
GRANT EXECUTE ON FUNCTION current_city() TO PUBLIC;
GRANT EXECUTE ON FUNCTION disable_own_second_step(p_token_hash bytea, p_browser bytea, p_now timestamp with time zone, p_step bigint, p_code_hash bytea) TO learningcity_app;
GRANT EXECUTE ON FUNCTION enable_own_second_step(p_token_hash bytea, p_now timestamp with time zone, p_secret bytea, p_step bigint, p_codes bytea[]) TO learningcity_app;
GRANT EXECUTE ON FUNCTION end_own_sessions(p_token_hash bytea, p_now timestamp with time zone, p_session_id bigint) TO learningcity_app;
GRANT EXECUTE ON FUNCTION entry_holds(e entry) TO PUBLIC;
GRANT EXECUTE ON FUNCTION entry_texts_hold() TO PUBLIC;
GRANT EXECUTE ON FUNCTION evidence_shown(e evidence, p_department bigint, p_show text, p_today date, p_soon date, p_restricted boolean, p_departments bigint[]) TO PUBLIC;
GRANT EXECUTE ON FUNCTION former_passports(p_evidence_id bigint) TO PUBLIC;
GRANT EXECUTE ON FUNCTION framework_uses() TO learningcity_app;
GRANT EXECUTE ON FUNCTION half_signed_in(p_token_hash bytea, p_now timestamp with time zone) TO learningcity_app;
GRANT EXECUTE ON FUNCTION has_role_elsewhere(p_account_id bigint) TO learningcity_app;
GRANT EXECUTE ON FUNCTION inbox_item_holds(i inbox_item) TO PUBLIC;
GRANT EXECUTE ON FUNCTION installation_account() TO learningcity_app;
GRANT EXECUTE ON FUNCTION invitation_of_link(p_token_hash bytea) TO learningcity_app;
GRANT EXECUTE ON FUNCTION is_text(t text) TO PUBLIC;
GRANT EXECUTE ON FUNCTION lock_account(p_account_id bigint, p_disabled_at timestamp with time zone, p_now timestamp with time zone) TO learningcity_app;
GRANT EXECUTE ON FUNCTION mailed_account(p_now timestamp with time zone) TO learningcity_app;
GRANT EXECUTE ON FUNCTION not_before_now(p_now timestamp with time zone) TO PUBLIC;
GRANT EXECUTE ON FUNCTION own_recovery_codes(p_token_hash bytea, p_now timestamp with time zone) TO learningcity_app;
GRANT EXECUTE ON FUNCTION own_sessions(p_token_hash bytea, p_now timestamp with time zone) TO learningcity_app;
GRANT EXECUTE ON FUNCTION pass_second_step(p_half_hash bytea, p_step bigint, p_code_hash bytea, p_token_hash bytea, p_now timestamp with time zone, p_expires timestamp with time zone, p_address text, p_network text, p_browser bytea, p_before bytea[]) TO learningcity_app;
GRANT EXECUTE ON FUNCTION plan_mails(p_now timestamp with time zone, p_day date, p_digest_at timestamp with time zone) TO learningcity_app;
GRANT EXECUTE ON FUNCTION reads_installation() TO PUBLIC;
GRANT EXECUTE ON FUNCTION region_paths() TO PUBLIC;
GRANT EXECUTE ON FUNCTION renew_own_recovery_codes(p_token_hash bytea, p_browser bytea, p_now timestamp with time zone, p_step bigint, p_code_hash bytea, p_codes bytea[]) TO learningcity_app;
GRANT EXECUTE ON FUNCTION require_second_step(p_required boolean) TO learningcity_app;
GRANT EXECUTE ON FUNCTION reset_password(p_token_hash bytea, p_now timestamp with time zone, p_password_hash text) TO learningcity_app;
GRANT EXECUTE ON FUNCTION reset_second_step(p_email text) TO learningcity_app;
GRANT EXECUTE ON FUNCTION reviews_of_account() TO learningcity_app;
GRANT EXECUTE ON FUNCTION roles_now(p_account_id bigint) TO learningcity_app;
GRANT EXECUTE ON FUNCTION search_evidence(p_words text[], p_before bigint, p_most integer, p_department bigint, p_show text, p_today date, p_soon date, p_restricted boolean, p_departments bigint[]) TO learningcity_app;
GRANT EXECUTE ON FUNCTION session_actor(p_token_hash bytea, p_now timestamp with time zone) TO learningcity_app;
GRANT EXECUTE ON FUNCTION settle_sign_in(p_account bigint, p_network text, p_browser bytea, p_now timestamp with time zone) TO learningcity_app;
GRANT EXECUTE ON FUNCTION sign_out(p_token_hash bytea) TO learningcity_app;
GRANT EXECUTE ON FUNCTION start_session(p_account bigint, p_password_hash text, p_token_hash bytea, p_now timestamp with time zone, p_expires timestamp with time zone, p_address text, p_network text, p_browser bytea, p_before bytea[]) TO learningcity_app;
GRANT EXECUTE ON FUNCTION status_change_holds(c status_change) TO PUBLIC;
GRANT EXECUTE ON FUNCTION take_back_assignments(p_entries bigint[], p_now timestamp with time zone) TO learningcity_app;
GRANT EXECUTE ON FUNCTION try_own_second_step(p_token_hash bytea, p_browser bytea, p_now timestamp with time zone) TO learningcity_app;
GRANT EXECUTE ON FUNCTION try_second_step(p_token_hash bytea, p_browser bytea, p_now timestamp with time zone) TO learningcity_app;
GRANT EXECUTE ON FUNCTION try_sign_in(p_email text, p_network text, p_browser bytea, p_now timestamp with time zone) TO learningcity_app;
GRANT EXECUTE ON FUNCTION try_to_ask(p_network text, p_now timestamp with time zone) TO learningcity_app;
GRANT EXECUTE ON FUNCTION waiting_since(e entry) TO PUBLIC;
