DROP FUNCTION ask_password_link(text, bigint, bytea, timestamptz, timestamptz, timestamptz, integer),
    city_recipient(bigint), session_actor(bytea, timestamptz);
CREATE FUNCTION session_actor(p_token_hash bytea, p_now timestamptz)
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
REVOKE EXECUTE ON FUNCTION session_actor(bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION session_actor(bytea, timestamptz) TO learningcity_app;
CREATE OR REPLACE FUNCTION invitation_of_link(p_token_hash bytea)
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
CREATE OR REPLACE FUNCTION account_of_password_link(p_token_hash bytea, p_now timestamptz)
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
CREATE OR REPLACE FUNCTION reset_password(p_token_hash bytea, p_now timestamptz, p_password_hash text) RETURNS bigint
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
-- Links of no city cannot be kept.
DELETE FROM password_link WHERE city_id IS NULL;
DROP INDEX password_link_asked_for;
ALTER TABLE password_link
    DROP COLUMN job_id,
    DROP COLUMN mailed_token_hash,
    DROP CONSTRAINT IF EXISTS password_link_made_or_asked_for,
    ALTER COLUMN city_id SET NOT NULL,
    ALTER COLUMN made_by SET NOT NULL,
    ALTER COLUMN token_hash SET NOT NULL;
ALTER TABLE invitation DROP COLUMN mailed_token_hash;
DROP TABLE inbox_item;
