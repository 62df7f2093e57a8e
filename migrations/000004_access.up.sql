-- The second lock. The first is tracker/policy.go, asked in every transaction;
-- under it, a transaction sees the rows of the one city it has named, and a
-- query that forgot its filter returns nothing else. The owner is not forced.

-- The city that the transaction has named; null where it has named none.
CREATE FUNCTION current_city() RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('learningcity.city', true), '')::bigint;

ALTER TABLE department     ENABLE ROW LEVEL SECURITY;
ALTER TABLE membership     ENABLE ROW LEVEL SECURITY;
ALTER TABLE assessment     ENABLE ROW LEVEL SECURITY;
ALTER TABLE milestone      ENABLE ROW LEVEL SECURITY;
ALTER TABLE entry          ENABLE ROW LEVEL SECURITY;
ALTER TABLE status_change  ENABLE ROW LEVEL SECURITY;
ALTER TABLE entry_revision ENABLE ROW LEVEL SECURITY;
ALTER TABLE measurement    ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit          ENABLE ROW LEVEL SECURITY;

CREATE POLICY department_of_city     ON department     USING (city_id = (SELECT current_city()));
CREATE POLICY membership_of_city     ON membership     USING (city_id = (SELECT current_city()));
CREATE POLICY assessment_of_city     ON assessment     USING (city_id = (SELECT current_city()));
CREATE POLICY milestone_of_city      ON milestone      USING (city_id = (SELECT current_city()));
CREATE POLICY entry_of_city          ON entry          USING (city_id = (SELECT current_city()));
CREATE POLICY status_change_of_city  ON status_change  USING (city_id = (SELECT current_city()));
CREATE POLICY entry_revision_of_city ON entry_revision USING (city_id = (SELECT current_city()));
CREATE POLICY measurement_of_city    ON measurement    USING (city_id = (SELECT current_city()));
-- Acts on the installation have no city: they may be written, not read, by the app.
CREATE POLICY audit_of_city ON audit USING (city_id = (SELECT current_city()))
    WITH CHECK (city_id IS NOT DISTINCT FROM (SELECT current_city()));

-- Exceptions: signing in and looking a session up happen before any city is
-- named. The functions run as the owner with a fixed search path.

-- The account that signs in with this address, disabled ones left out.
CREATE FUNCTION sign_in_account(p_email text)
    RETURNS TABLE (account_id bigint, password_hash text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT a.id, a.password_hash FROM account a
    WHERE a.email = p_email AND a.disabled_at IS NULL;
END;

-- Who the session belongs to: one row for each role, at least one. It is asked
-- for every page, and before version 18 only PL/pgSQL keeps the plan of a
-- function from one call to the next.
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
    LEFT JOIN membership m ON m.account_id = a.id
    LEFT JOIN city c ON c.id = m.city_id
    WHERE s.token_hash = p_token_hash AND s.expires_at > p_now AND a.disabled_at IS NULL
    ORDER BY m.id;
END
$$;

-- Whose session it was; null where there was none.
CREATE FUNCTION sign_out(p_token_hash bytea) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    DELETE FROM session WHERE token_hash = p_token_hash RETURNING account_id;
END;

REVOKE EXECUTE ON FUNCTION sign_in_account(text), session_actor(bytea, timestamptz), sign_out(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sign_in_account(text), session_actor(bytea, timestamptz), sign_out(bytea) TO learningcity_app;
