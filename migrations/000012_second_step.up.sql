-- A second step at sign-in: a code of an authenticator app (TOTP), or one of a
-- few recovery codes. A city may require it of its coordinators and reviewers.

-- Looking a session up and signing in ask for these two in rows that they read anyway.
ALTER TABLE account ADD COLUMN second_step_at timestamptz; -- since when; null: none
ALTER TABLE city ADD COLUMN second_step_required boolean NOT NULL DEFAULT false;
GRANT SELECT (second_step_at) ON account TO learningcity_app;

CREATE TABLE second_step (
    account_id bigint NOT NULL,
    secret     bytea NOT NULL, -- enciphered with a key that is not in the database
    last_step  bigint NOT NULL, -- the half minute that the last code was of: each works once
    CONSTRAINT second_step_pkey PRIMARY KEY (account_id),
    CONSTRAINT second_step_account_fkey FOREIGN KEY (account_id) REFERENCES account
);

-- Those that are left; one that was used is deleted.
CREATE TABLE recovery_code (
    account_id bigint NOT NULL,
    code_hash  bytea NOT NULL, -- SHA-256
    CONSTRAINT recovery_code_pkey PRIMARY KEY (account_id, code_hash),
    CONSTRAINT recovery_code_second_step_fkey FOREIGN KEY (account_id) REFERENCES second_step ON DELETE CASCADE,
    CONSTRAINT recovery_code_is_hashed CHECK (octet_length(code_hash) = 32)
);

-- Who has typed the right password and not yet the code. It opens nothing but
-- the page that asks for the code, and ends when the password changes.
CREATE TABLE half_sign_in (
    token_hash    bytea NOT NULL, -- SHA-256; the token itself is only in the browser
    account_id    bigint NOT NULL,
    password_mark bytea NOT NULL, -- SHA-256 of the hash of the password that was typed
    expires_at    timestamptz NOT NULL,
    CONSTRAINT half_sign_in_pkey PRIMARY KEY (token_hash),
    CONSTRAINT half_sign_in_account_fkey FOREIGN KEY (account_id) REFERENCES account,
    CONSTRAINT half_sign_in_token_is_hashed CHECK (octet_length(token_hash) = 32)
);
CREATE INDEX half_sign_in_expires ON half_sign_in (expires_at);

-- As before, and whether the account has a second step and the city requires one.
DROP FUNCTION session_actor(bytea, timestamptz);
CREATE FUNCTION session_actor(p_token_hash bytea, p_now timestamptz)
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

-- Says whether the city that the transaction has named requires a second step,
-- and returns what it did before.
CREATE FUNCTION require_second_step(p_required boolean) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_before boolean;
BEGIN
    SELECT c.second_step_required INTO v_before FROM city c WHERE c.id = current_city() FOR UPDATE;
    UPDATE city SET second_step_required = p_required WHERE id = current_city();
    RETURN v_before;
END
$$;

-- Begins a half sign-in of an account that has a second step. Those of anybody
-- that are over are swept away meanwhile.
CREATE FUNCTION begin_half_sign_in(p_account bigint, p_token_hash bytea, p_now timestamptz, p_expires timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    DELETE FROM half_sign_in WHERE expires_at <= least(p_now, now());
    INSERT INTO half_sign_in (token_hash, account_id, password_mark, expires_at)
    SELECT p_token_hash, a.id, sha256(convert_to(a.password_hash, 'UTF8')), p_expires
    FROM account a WHERE a.id = p_account AND a.second_step_at IS NOT NULL;
END
$$;

-- Whose half sign-in it is, while it lasts.
CREATE FUNCTION half_signed_in(p_token_hash bytea, p_now timestamptz) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT a.id FROM half_sign_in h JOIN account a ON a.id = h.account_id
    WHERE h.token_hash = p_token_hash AND h.expires_at > not_before_now(p_now)
      AND a.disabled_at IS NULL AND a.second_step_at IS NOT NULL
      AND h.password_mark = sha256(convert_to(a.password_hash, 'UTF8'));
$$;

-- Whose session it is, while it lasts.
CREATE FUNCTION signed_in(p_token_hash bytea, p_now timestamptz) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT a.id FROM session s JOIN account a ON a.id = s.account_id
    WHERE s.token_hash = p_token_hash AND s.expires_at > not_before_now(p_now) AND a.disabled_at IS NULL;
$$;

-- Wrong codes are counted with the limits of a place where people sign in. A
-- browser that has signed in to the account before has a counter of its own, so
-- that who knows the password keeps nobody out who works there. All others have
-- one together: a code has few digits.
CREATE FUNCTION second_step_counter(p_account bigint, p_browser bytea) RETURNS bytea
    LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT sha256(convert_to('second step ' || p_account, 'UTF8') || coalesce(
        (SELECT k.browser_hash FROM known_browser k WHERE k.account_id = p_account AND k.browser_hash = p_browser), ''));
$$;

-- Counts the try as a wrong one and returns what a code is compared with. Where
-- it has to wait, it says how long, and neither counts nor tells anything else.
CREATE FUNCTION count_second_step(p_account bigint, p_browser bytea, p_now timestamptz)
    RETURNS TABLE (wait interval, account_id bigint, secret bytea)
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_key  bytea := second_step_counter(p_account, p_browser);
    v_wait interval;
BEGIN
    -- Of several tries at the same moment each sees what the others counted.
    PERFORM pg_advisory_xact_lock(hashtextextended('place' || encode(v_key, 'hex'), 0));
    -- A clock that was put back may not make anybody wait for the time between.
    UPDATE sign_in_counter s SET last_at = p_now WHERE s.kind = 'place' AND s.key = v_key AND s.last_at > p_now;
    SELECT s.last_at + sign_in_delay(s.kind, s.failures) - p_now INTO v_wait
    FROM sign_in_counter s WHERE s.kind = 'place' AND s.key = v_key;
    IF v_wait > interval '0' THEN
        RETURN QUERY SELECT v_wait, NULL::bigint, NULL::bytea;
        RETURN;
    END IF;
    INSERT INTO sign_in_counter AS s (kind, key, failures, last_at) VALUES ('place', v_key, 1, p_now)
    ON CONFLICT ON CONSTRAINT sign_in_counter_pkey DO UPDATE
    SET failures = sign_in_failures(s.kind, s.failures, p_now - s.last_at), last_at = p_now;
    RETURN QUERY SELECT interval '0', t.account_id, t.secret FROM second_step t WHERE t.account_id = p_account;
END
$$;

-- The tries of who has typed the password, and of who is signed in. No row:
-- it is over.
CREATE FUNCTION try_second_step(p_token_hash bytea, p_browser bytea, p_now timestamptz)
    RETURNS TABLE (wait interval, account_id bigint, secret bytea)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT c.* FROM half_signed_in(p_token_hash, p_now) h, count_second_step(h, p_browser, p_now) c WHERE h IS NOT NULL;
$$;
CREATE FUNCTION try_own_second_step(p_token_hash bytea, p_browser bytea, p_now timestamptz)
    RETURNS TABLE (wait interval, account_id bigint, secret bytea)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT c.* FROM signed_in(p_token_hash, p_now) s, count_second_step(s, p_browser, p_now) c WHERE s IS NOT NULL;
$$;

-- Uses up the code of a half minute, or a recovery code, and takes the try back.
-- False where it was used before; of two at once one gets true. A half minute
-- that lies far ahead was written by a clock that has been put back since.
CREATE FUNCTION use_second_step(p_account bigint, p_browser bytea, p_step bigint, p_code_hash bytea) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;

-- Ends the half sign-in with the right code: whose it was, and how many recovery
-- codes are left. No row where it is over or the code was used before.
CREATE FUNCTION pass_second_step(p_token_hash bytea, p_browser bytea, p_now timestamptz, p_step bigint, p_code_hash bytea)
    RETURNS TABLE (account_id bigint, email text, codes_left bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_account bigint := half_signed_in(p_token_hash, p_now);
BEGIN
    IF v_account IS NULL OR NOT use_second_step(v_account, p_browser, p_step, p_code_hash) THEN
        RETURN;
    END IF;
    DELETE FROM half_sign_in h WHERE h.account_id = v_account;
    RETURN QUERY SELECT a.id, a.email, (SELECT count(*) FROM recovery_code r WHERE r.account_id = a.id)
        FROM account a WHERE a.id = v_account;
END
$$;

-- What people do to their own second step, known by their session (000006).
-- Each answers with the account, or null where the session is over, there is
-- nothing to do it to, or the code was used before.

-- The code's half minute is used up by it. Other sessions, which began without a
-- second step, end.
CREATE FUNCTION enable_own_second_step(p_token_hash bytea, p_now timestamptz, p_secret bytea, p_step bigint, p_codes bytea[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_account bigint;
BEGIN
    UPDATE account a SET second_step_at = p_now
    WHERE a.id = signed_in(p_token_hash, p_now) AND a.second_step_at IS NULL RETURNING a.id INTO v_account;
    IF v_account IS NOT NULL THEN
        INSERT INTO second_step (account_id, secret, last_step) VALUES (v_account, p_secret, p_step);
        INSERT INTO recovery_code (account_id, code_hash) SELECT v_account, unnest(p_codes);
        DELETE FROM session s WHERE s.account_id = v_account AND s.token_hash <> p_token_hash;
    END IF;
    RETURN v_account;
END
$$;

CREATE FUNCTION renew_own_recovery_codes(p_token_hash bytea, p_browser bytea, p_now timestamptz, p_step bigint, p_code_hash bytea, p_codes bytea[])
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_account bigint := signed_in(p_token_hash, p_now);
BEGIN
    IF v_account IS NULL OR NOT use_second_step(v_account, p_browser, p_step, p_code_hash) THEN
        RETURN NULL;
    END IF;
    DELETE FROM recovery_code r WHERE r.account_id = v_account;
    INSERT INTO recovery_code (account_id, code_hash) SELECT v_account, unnest(p_codes);
    RETURN v_account;
END
$$;

-- Nothing of the account's second step is left.
CREATE FUNCTION forget_second_step(p_account bigint) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    UPDATE account SET second_step_at = NULL WHERE id = p_account;
    DELETE FROM second_step WHERE account_id = p_account;
    DELETE FROM half_sign_in WHERE account_id = p_account;
END
$$;

CREATE FUNCTION disable_own_second_step(p_token_hash bytea, p_browser bytea, p_now timestamptz, p_step bigint, p_code_hash bytea) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_account bigint := signed_in(p_token_hash, p_now);
BEGIN
    IF v_account IS NULL OR NOT use_second_step(v_account, p_browser, p_step, p_code_hash) THEN
        RETURN NULL;
    END IF;
    PERFORM forget_second_step(v_account);
    RETURN v_account;
END
$$;

-- How many recovery codes are left; null where there is no second step.
CREATE FUNCTION own_recovery_codes(p_token_hash bytea, p_now timestamptz) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT (SELECT count(*) FROM recovery_code r WHERE r.account_id = t.account_id)
    FROM second_step t WHERE t.account_id = signed_in(p_token_hash, p_now);
$$;

-- Takes the second step from an account that has lost it, and ends its sessions.
-- Null where it has none.
CREATE FUNCTION reset_second_step(p_email text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_account bigint;
BEGIN
    SELECT a.id INTO v_account FROM account a WHERE a.email = p_email AND a.second_step_at IS NOT NULL FOR UPDATE;
    PERFORM forget_second_step(v_account);
    DELETE FROM session s WHERE s.account_id = v_account;
    RETURN v_account;
END
$$;

-- Admins answer for these acts in a city, beside those of audit_of_installation.
CREATE POLICY audit_of_second_steps ON audit FOR SELECT
    USING ((SELECT reads_installation()) AND act IN ('reset_second_step', 'require_second_step'));

REVOKE EXECUTE ON FUNCTION
    session_actor(bytea, timestamptz), require_second_step(boolean),
    begin_half_sign_in(bigint, bytea, timestamptz, timestamptz), half_signed_in(bytea, timestamptz), signed_in(bytea, timestamptz),
    second_step_counter(bigint, bytea), count_second_step(bigint, bytea, timestamptz),
    try_second_step(bytea, bytea, timestamptz), try_own_second_step(bytea, bytea, timestamptz),
    use_second_step(bigint, bytea, bigint, bytea), pass_second_step(bytea, bytea, timestamptz, bigint, bytea),
    enable_own_second_step(bytea, timestamptz, bytea, bigint, bytea[]),
    renew_own_recovery_codes(bytea, bytea, timestamptz, bigint, bytea, bytea[]), forget_second_step(bigint),
    disable_own_second_step(bytea, bytea, timestamptz, bigint, bytea), own_recovery_codes(bytea, timestamptz),
    reset_second_step(text)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    session_actor(bytea, timestamptz), require_second_step(boolean),
    begin_half_sign_in(bigint, bytea, timestamptz, timestamptz), half_signed_in(bytea, timestamptz),
    try_second_step(bytea, bytea, timestamptz), try_own_second_step(bytea, bytea, timestamptz),
    pass_second_step(bytea, bytea, timestamptz, bigint, bytea),
    enable_own_second_step(bytea, timestamptz, bytea, bigint, bytea[]),
    renew_own_recovery_codes(bytea, bytea, timestamptz, bigint, bytea, bytea[]),
    disable_own_second_step(bytea, bytea, timestamptz, bigint, bytea), own_recovery_codes(bytea, timestamptz),
    reset_second_step(text)
    TO learningcity_app;
