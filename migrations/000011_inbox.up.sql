-- What people are told: in their inbox, and by mail where there is a mail
-- server. A mail that holds a link has a token of its own, which is made as it
-- is sent: only its hash is kept here, and nothing of it in the job.

CREATE TABLE inbox_item (
    id            bigint GENERATED ALWAYS AS IDENTITY, -- also the order: the newest has the highest
    account_id    bigint NOT NULL, -- who is told
    city_id       bigint, -- null: about the account itself
    kind          text NOT NULL,
    assessment_id bigint, -- of the entry that it is about; null: of none
    entry_id      bigint,
    by_account_id bigint, -- whose act it was; null: nobody's, or the operator's
    created_at    timestamptz NOT NULL,
    read_at       timestamptz,
    CONSTRAINT inbox_item_pkey PRIMARY KEY (id),
    CONSTRAINT inbox_item_account_fkey FOREIGN KEY (account_id) REFERENCES account,
    CONSTRAINT inbox_item_city_fkey FOREIGN KEY (city_id) REFERENCES city,
    CONSTRAINT inbox_item_entry_fkey FOREIGN KEY (city_id, assessment_id, entry_id)
        REFERENCES entry (city_id, assessment_id, id),
    CONSTRAINT inbox_item_by_account_fkey FOREIGN KEY (by_account_id) REFERENCES account,
    CONSTRAINT inbox_item_kind_known CHECK (kind IN (
        'invitation_accepted', 'role_changed', 'role_disabled', 'role_enabled', 'password_reset')),
    CONSTRAINT inbox_item_of_a_city CHECK (city_id IS NOT NULL OR kind = 'password_reset'),
    CONSTRAINT inbox_item_entry_of_a_city CHECK (
        num_nonnulls(assessment_id, entry_id) = 0 OR num_nonnulls(city_id, assessment_id, entry_id) = 3)
);
CREATE INDEX inbox_item_account ON inbox_item (account_id, id);
-- Whether somebody has unread items is asked for every page, so it must not
-- depend on how many there are.
CREATE INDEX inbox_item_unread ON inbox_item (account_id, id) WHERE read_at IS NULL;

ALTER TABLE inbox_item ENABLE ROW LEVEL SECURITY;
-- People read their own inbox and no other. An act writes into the inboxes of
-- the city that it has named, or where it has named none, of no city.
CREATE POLICY inbox_item_of_account ON inbox_item FOR SELECT USING (account_id = (SELECT current_account()));
CREATE POLICY inbox_item_mark ON inbox_item FOR UPDATE USING (account_id = (SELECT current_account()));
CREATE POLICY inbox_item_tell ON inbox_item FOR INSERT WITH CHECK (city_id IS NOT DISTINCT FROM (SELECT current_city()));
GRANT SELECT, INSERT, UPDATE (read_at) ON inbox_item TO learningcity_app;

-- An invitation or a link that is mailed as well has a second token, of the mail.
ALTER TABLE invitation
    ADD COLUMN mailed_token_hash bytea,
    ADD CONSTRAINT invitation_mailed_token_once UNIQUE (mailed_token_hash),
    ADD CONSTRAINT invitation_mailed_token_is_hashed CHECK (octet_length(mailed_token_hash) = 32);
GRANT UPDATE (mailed_token_hash) ON invitation TO learningcity_app;

-- A link that people ask for themselves belongs to no city, was made by nobody,
-- and has only a mailed token. job_id is the job that mails it: one that is
-- tried again makes no second link.
ALTER TABLE password_link
    ALTER COLUMN city_id DROP NOT NULL,
    ALTER COLUMN made_by DROP NOT NULL,
    ALTER COLUMN token_hash DROP NOT NULL,
    ADD COLUMN mailed_token_hash bytea,
    ADD COLUMN job_id bigint,
    ADD CONSTRAINT password_link_mailed_token_once UNIQUE (mailed_token_hash),
    ADD CONSTRAINT password_link_mailed_token_is_hashed CHECK (octet_length(mailed_token_hash) = 32),
    ADD CONSTRAINT password_link_job_once UNIQUE (job_id),
    ADD CONSTRAINT password_link_made_or_asked_for CHECK (
        num_nonnulls(city_id, made_by, token_hash) = 3 AND job_id IS NULL
        OR num_nonnulls(city_id, made_by, token_hash) = 0 AND num_nonnulls(mailed_token_hash, job_id) = 2);
CREATE INDEX password_link_asked_for ON password_link (account_id, created_at) WHERE city_id IS NULL;
GRANT UPDATE (mailed_token_hash) ON password_link TO learningcity_app;

CREATE OR REPLACE FUNCTION invitation_of_link(p_token_hash bytea)
    RETURNS TABLE (invitation_id bigint, city_slug text, account_id bigint)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT i.id, c.slug, a.id
    FROM invitation i
    JOIN city c ON c.id = i.city_id
    LEFT JOIN account a ON a.email = i.email
    WHERE i.token_hash = p_token_hash OR i.mailed_token_hash = p_token_hash
    FOR UPDATE OF i;
$$;

-- City and maker are null for a link that the person asked for.
CREATE OR REPLACE FUNCTION account_of_password_link(p_token_hash bytea, p_now timestamptz)
    RETURNS TABLE (link_id bigint, city_slug text, account_id bigint, name text, email text, made_by text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT l.id, c.slug, a.id, a.name, a.email, m.email
    FROM password_link l
    LEFT JOIN city c ON c.id = l.city_id
    LEFT JOIN account m ON m.id = l.made_by
    JOIN account a ON a.id = l.account_id
    WHERE (l.token_hash = p_token_hash OR l.mailed_token_hash = p_token_hash)
      AND l.used_at IS NULL AND l.withdrawn_at IS NULL
      AND l.expires_at > not_before_now(p_now) AND a.disabled_at IS NULL;
END;

-- The account's other links end with it. A role elsewhere stands in the way of a
-- coordinator's link only.
CREATE OR REPLACE FUNCTION reset_password(p_token_hash bytea, p_now timestamptz, p_password_hash text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    whose bigint;
    of_city bigint;
BEGIN
    SELECT l.account_id, l.city_id INTO whose, of_city FROM password_link l
    WHERE l.token_hash = p_token_hash OR l.mailed_token_hash = p_token_hash FOR UPDATE;
    PERFORM FROM account a WHERE a.id = whose AND a.disabled_at IS NULL FOR UPDATE;
    IF NOT FOUND OR of_city IS NOT NULL AND EXISTS (
        SELECT FROM membership m WHERE m.account_id = whose AND m.city_id IS DISTINCT FROM of_city)
    THEN
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
    RETURN whose;
END
$$;

-- The link that somebody asked for with this address, and whom to mail it to.
-- Nobody, where no account has the address, or it was mailed p_most links since
-- p_since already. The same job asked again gets its link with the new token.
CREATE FUNCTION ask_password_link(p_email text, p_job bigint, p_token_hash bytea, p_now timestamptz,
                                  p_until timestamptz, p_since timestamptz, p_most integer)
    RETURNS TABLE (name text, language text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;

-- Name, address and language of one of the people of the city that the
-- transaction has named, to write to them.
CREATE FUNCTION city_recipient(p_account_id bigint)
    RETURNS TABLE (name text, email text, language text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT a.name, a.email, coalesce(a.language, '')
    FROM account a
    WHERE a.id = p_account_id AND a.disabled_at IS NULL
      AND EXISTS (SELECT FROM membership m WHERE m.account_id = a.id AND m.city_id = current_city());
END;

-- The session's look-up tells whether the inbox holds something unread: one
-- probe of inbox_item_unread, for a page must not ask a second query.
DROP FUNCTION session_actor(bytea, timestamptz);
CREATE FUNCTION session_actor(p_token_hash bytea, p_now timestamptz)
    RETURNS TABLE (account_id bigint, name text, email text, language text, role text,
                   city_id bigint, city_slug text, city_name_vi text, city_name_en text,
                   department_id bigint, region_id bigint, ends_on date, unread boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT a.id, a.name, a.email, a.language, m.role,
           c.id, c.slug, c.name_vi, c.name_en, m.department_id, m.region_id, m.ends_on,
           EXISTS (SELECT FROM inbox_item i WHERE i.account_id = s.account_id AND i.read_at IS NULL)
    FROM session s
    JOIN account a ON a.id = s.account_id
    LEFT JOIN membership m ON m.account_id = a.id AND m.disabled_at IS NULL
    LEFT JOIN city c ON c.id = m.city_id
    WHERE s.token_hash = p_token_hash AND s.expires_at > not_before_now(p_now) AND a.disabled_at IS NULL
    ORDER BY m.id;
END
$$;

REVOKE EXECUTE ON FUNCTION session_actor(bytea, timestamptz), city_recipient(bigint),
    ask_password_link(text, bigint, bytea, timestamptz, timestamptz, timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION session_actor(bytea, timestamptz), city_recipient(bigint),
    ask_password_link(text, bigint, bytea, timestamptz, timestamptz, timestamptz, integer) TO learningcity_app;
