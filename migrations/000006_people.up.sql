-- How people come into a city and go: invitations, changes of a role, links
-- for a forgotten password, and the sessions of an account.

ALTER TABLE membership
    ADD COLUMN version     integer NOT NULL DEFAULT 1, -- counts every change
    ADD COLUMN disabled_at timestamptz,
    ADD CONSTRAINT membership_version_counts CHECK (version >= 1);

-- The id stands in forms, where the token's hash must not.
ALTER TABLE session
    ADD COLUMN id      bigint GENERATED ALWAYS AS IDENTITY,
    ADD COLUMN address text NOT NULL DEFAULT '', -- where the person signed in from
    ADD CONSTRAINT session_id_once UNIQUE (id);
CREATE INDEX session_expires ON session (expires_at);

CREATE TABLE invitation (
    id            bigint GENERATED ALWAYS AS IDENTITY,
    city_id       bigint NOT NULL,
    token_hash    bytea NOT NULL, -- SHA-256; the token itself is only in the link
    email         text NOT NULL, -- lower case
    role          text NOT NULL,
    department_id bigint,
    ends_on       date,
    language      text NOT NULL,
    invited_by    bigint, -- null: the operator at the shell
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    accepted_at   timestamptz,
    accepted_by   bigint,
    withdrawn_at  timestamptz,
    CONSTRAINT invitation_pkey PRIMARY KEY (id),
    CONSTRAINT invitation_city_fkey FOREIGN KEY (city_id) REFERENCES city,
    CONSTRAINT invitation_department_fkey FOREIGN KEY (city_id, department_id) REFERENCES department (city_id, id),
    CONSTRAINT invitation_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES account,
    CONSTRAINT invitation_accepted_by_fkey FOREIGN KEY (accepted_by) REFERENCES account,
    CONSTRAINT invitation_token_once UNIQUE (token_hash),
    CONSTRAINT invitation_token_is_hashed CHECK (octet_length(token_hash) = 32),
    CONSTRAINT invitation_email_lower_case CHECK (email = lower(email) AND is_text(email) AND email LIKE '%_@_%'),
    CONSTRAINT invitation_role_of_a_city CHECK (role IN ('staff', 'coordinator', 'reviewer', 'leader', 'expert')),
    CONSTRAINT invitation_staff_have_a_department CHECK ((department_id IS NOT NULL) = (role = 'staff')),
    CONSTRAINT invitation_experts_have_an_end CHECK ((ends_on IS NOT NULL) = (role = 'expert')),
    CONSTRAINT invitation_language_known CHECK (language IN ('vi', 'en')),
    CONSTRAINT invitation_accepted_by_somebody CHECK ((accepted_at IS NULL) = (accepted_by IS NULL)),
    CONSTRAINT invitation_over_once CHECK (accepted_at IS NULL OR withdrawn_at IS NULL)
);
CREATE UNIQUE INDEX invitation_open_once ON invitation (city_id, email)
    WHERE accepted_at IS NULL AND withdrawn_at IS NULL;

CREATE TABLE password_link (
    id           bigint GENERATED ALWAYS AS IDENTITY,
    city_id      bigint NOT NULL, -- whose coordinator made it
    account_id   bigint NOT NULL,
    token_hash   bytea NOT NULL, -- SHA-256; the token itself is only in the link
    made_by      bigint NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    used_at      timestamptz,
    withdrawn_at timestamptz, -- a newer link took its place
    CONSTRAINT password_link_pkey PRIMARY KEY (id),
    CONSTRAINT password_link_city_fkey FOREIGN KEY (city_id) REFERENCES city,
    CONSTRAINT password_link_account_fkey FOREIGN KEY (account_id) REFERENCES account,
    CONSTRAINT password_link_made_by_fkey FOREIGN KEY (made_by) REFERENCES account,
    CONSTRAINT password_link_token_once UNIQUE (token_hash),
    CONSTRAINT password_link_token_is_hashed CHECK (octet_length(token_hash) = 32),
    CONSTRAINT password_link_over_once CHECK (used_at IS NULL OR withdrawn_at IS NULL)
);
CREATE UNIQUE INDEX password_link_open_once ON password_link (city_id, account_id)
    WHERE used_at IS NULL AND withdrawn_at IS NULL;

ALTER TABLE invitation    ENABLE ROW LEVEL SECURITY;
ALTER TABLE password_link ENABLE ROW LEVEL SECURITY;
CREATE POLICY invitation_of_city    ON invitation    USING (city_id = (SELECT current_city()));
CREATE POLICY password_link_of_city ON password_link USING (city_id = (SELECT current_city()));

-- Nobody reads a token's hash back; the functions below look rows up by it.
GRANT SELECT (id, city_id, email, role, department_id, ends_on, language, invited_by, created_at, expires_at,
              accepted_at, accepted_by, withdrawn_at),
      INSERT, UPDATE (token_hash, invited_by, expires_at, accepted_at, accepted_by, withdrawn_at)
    ON invitation TO learningcity_app;
GRANT SELECT (id, city_id, account_id, made_by, created_at, expires_at, used_at, withdrawn_at),
      INSERT, UPDATE (used_at, withdrawn_at)
    ON password_link TO learningcity_app;
GRANT UPDATE (role, department_id, ends_on, version, disabled_at) ON membership TO learningcity_app;

-- The program tells its own clock, since its days are a city's. What has ended by
-- the database's clock has ended all the same: whoever calls these functions
-- cannot go back to a moment when a session or a link still worked.
CREATE FUNCTION not_before_now(p_now timestamptz) RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN greatest(p_now, now());

-- A role that was disabled is none.
CREATE OR REPLACE FUNCTION session_actor(p_token_hash bytea, p_now timestamptz)
    RETURNS TABLE (account_id bigint, name text, email text, language text, role text,
                   city_id bigint, city_slug text, city_name_vi text, city_name_en text,
                   department_id bigint, region_id bigint, ends_on date)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT a.id, a.name, a.email, a.language, m.role,
           c.id, c.slug, c.name_vi, c.name_en, m.department_id, m.region_id, m.ends_on
    FROM session s
    JOIN account a ON a.id = s.account_id
    LEFT JOIN membership m ON m.account_id = a.id AND m.disabled_at IS NULL
    LEFT JOIN city c ON c.id = m.city_id
    WHERE s.token_hash = p_token_hash AND s.expires_at > not_before_now(p_now) AND a.disabled_at IS NULL
    ORDER BY m.id;
END
$$;

-- The accounts of the people of the city that the transaction has named.
CREATE FUNCTION city_account()
    RETURNS TABLE (account_id bigint, name text, email text, locked boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT a.id, a.name, a.email, a.disabled_at IS NOT NULL
    FROM account a
    WHERE EXISTS (SELECT FROM membership m WHERE m.account_id = a.id AND m.city_id = current_city());
END;

-- Functions that write or lock keep their text as it stands here: versions of
-- PostgreSQL write it back in different ways.

-- The invitation behind a link, its city, and who has its address already. It
-- is locked, so that of two who accept at once one wins, and a link that is
-- being replaced is not used.
CREATE FUNCTION invitation_of_link(p_token_hash bytea)
    RETURNS TABLE (invitation_id bigint, city_slug text, account_id bigint)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT i.id, c.slug, a.id
    FROM invitation i
    JOIN city c ON c.id = i.city_id
    LEFT JOIN account a ON a.email = i.email
    WHERE i.token_hash = p_token_hash
    FOR UPDATE OF i;
$$;

-- Whether the account has or had a role outside the city that the transaction
-- has named. Its coordinator must not come by that power through a new
-- password, nor by what the person did there, which the account still shows.
CREATE FUNCTION has_role_elsewhere(p_account_id bigint) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT EXISTS (
        SELECT FROM membership m
        WHERE m.account_id = p_account_id AND m.city_id IS DISTINCT FROM current_city());
END;

-- The roles that the account has now, of the city that the transaction has
-- named and of none: what the session knew may have ended meanwhile.
CREATE FUNCTION roles_now(p_account_id bigint)
    RETURNS TABLE (role text, city_id bigint, department_id bigint, region_id bigint, ends_on date)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT m.role, m.city_id, m.department_id, m.region_id, m.ends_on
    FROM membership m
    JOIN account a ON a.id = m.account_id
    WHERE m.account_id = p_account_id AND m.disabled_at IS NULL AND a.disabled_at IS NULL
      AND (m.city_id IS NULL OR m.city_id = current_city());
END;

-- The link for a new password that still works, its city, whose it is, and the
-- address of who made it.
CREATE FUNCTION account_of_password_link(p_token_hash bytea, p_now timestamptz)
    RETURNS TABLE (link_id bigint, city_slug text, account_id bigint, name text, email text, made_by text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT l.id, c.slug, a.id, a.name, a.email, m.email
    FROM password_link l
    JOIN city c ON c.id = l.city_id
    JOIN account a ON a.id = l.account_id
    JOIN account m ON m.id = l.made_by
    WHERE l.token_hash = p_token_hash AND l.used_at IS NULL AND l.withdrawn_at IS NULL
      AND l.expires_at > not_before_now(p_now) AND a.disabled_at IS NULL;
END;

-- Uses the link up: the account has the new password and no session. Null
-- where the link does not work any more, or the account has come to a role
-- elsewhere; of two at once one gets the account. Who is given a role at that
-- moment waits for the account's row.
CREATE FUNCTION reset_password(p_token_hash bytea, p_now timestamptz, p_password_hash text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    whose bigint;
    of_city bigint;
BEGIN
    SELECT l.account_id, l.city_id INTO whose, of_city FROM password_link l
    WHERE l.token_hash = p_token_hash FOR UPDATE;
    PERFORM FROM account a WHERE a.id = whose AND a.disabled_at IS NULL FOR UPDATE;
    IF NOT FOUND OR EXISTS (
        SELECT FROM membership m WHERE m.account_id = whose AND m.city_id IS DISTINCT FROM of_city)
    THEN
        RETURN NULL;
    END IF;
    UPDATE password_link SET used_at = p_now
    WHERE token_hash = p_token_hash AND used_at IS NULL AND withdrawn_at IS NULL AND expires_at > not_before_now(p_now)
    RETURNING account_id INTO whose;
    UPDATE account SET password_hash = p_password_hash WHERE id = whose;
    DELETE FROM session WHERE account_id = whose;
    RETURN whose;
END
$$;

-- What people do to their own account: who they are is known by their session
-- only, so that nobody can name another's. Each answers with the account, or
-- null where the session is over.

CREATE FUNCTION change_own_profile(p_token_hash bytea, p_now timestamptz, p_name text, p_language text)
    RETURNS TABLE (account_id bigint, old_name text, old_language text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    SELECT a.id, a.name, a.language INTO account_id, old_name, old_language
    FROM session s
    JOIN account a ON a.id = s.account_id
    WHERE s.token_hash = p_token_hash AND s.expires_at > not_before_now(p_now) AND a.disabled_at IS NULL
    FOR UPDATE OF a;
    UPDATE account a SET name = p_name, language = p_language WHERE a.id = account_id;
    RETURN NEXT;
END
$$;

-- The hash that the form was checked against must still be the account's, so
-- that of two changes at once one wins. Links for a forgotten password end.
CREATE FUNCTION change_own_password(p_token_hash bytea, p_now timestamptz, p_old_hash text, p_new_hash text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
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
    RETURN whose;
END
$$;

CREATE FUNCTION own_sessions(p_token_hash bytea, p_now timestamptz)
    RETURNS TABLE (session_id bigint, created_at timestamptz, expires_at timestamptz, address text, here boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT o.id, o.created_at, o.expires_at, o.address, o.token_hash = p_token_hash
    FROM session s
    JOIN session o ON o.account_id = s.account_id
    WHERE s.token_hash = p_token_hash AND s.expires_at > not_before_now(p_now) AND o.expires_at > not_before_now(p_now)
    ORDER BY o.token_hash = p_token_hash DESC, o.created_at DESC, o.id DESC;
END;

-- Ends one other session of the person, or all others where none is named, and
-- counts them.
CREATE FUNCTION end_own_sessions(p_token_hash bytea, p_now timestamptz, p_session_id bigint) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH ended AS (
        DELETE FROM session o USING session s
        WHERE s.token_hash = p_token_hash AND s.expires_at > not_before_now(p_now)
          AND o.account_id = s.account_id AND o.token_hash <> s.token_hash
          AND (p_session_id IS NULL OR o.id = p_session_id)
        RETURNING o.id)
    SELECT count(*) FROM ended;
$$;

REVOKE EXECUTE ON FUNCTION
    city_account(), invitation_of_link(bytea), has_role_elsewhere(bigint), roles_now(bigint),
    account_of_password_link(bytea, timestamptz), reset_password(bytea, timestamptz, text),
    change_own_profile(bytea, timestamptz, text, text), change_own_password(bytea, timestamptz, text, text),
    own_sessions(bytea, timestamptz), end_own_sessions(bytea, timestamptz, bigint)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    city_account(), invitation_of_link(bytea), has_role_elsewhere(bigint), roles_now(bigint),
    account_of_password_link(bytea, timestamptz), reset_password(bytea, timestamptz, text),
    change_own_profile(bytea, timestamptz, text, text), change_own_password(bytea, timestamptz, text, text),
    own_sessions(bytea, timestamptz), end_own_sessions(bytea, timestamptz, bigint)
    TO learningcity_app;
