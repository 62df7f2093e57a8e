ALTER POLICY audit_of_installation ON audit
    USING ((SELECT reads_installation()) AND (city_id IS NULL OR act IN (
        'add_member', 'invite', 'renew_invitation', 'withdraw_invitation', 'accept_invitation',
        'change_person', 'disable_person', 'enable_person', 'make_password_link',
        'withdraw_password_link', 'reset_password')));

DROP FUNCTION lock_account(bigint, timestamptz, timestamptz);
DROP FUNCTION installation_account();

CREATE OR REPLACE FUNCTION has_role_elsewhere(p_account_id bigint) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT EXISTS (
        SELECT FROM membership m
        WHERE m.account_id = p_account_id AND m.city_id IS DISTINCT FROM current_city());
END;

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
    DELETE FROM known_browser WHERE account_id = whose;
    RETURN whose;
END
$$;

DROP FUNCTION role_beside(bigint, bigint);

DELETE FROM inbox_item WHERE city_id IS NULL AND kind = 'invitation_accepted' OR kind = 'role_carried';
ALTER TABLE inbox_item
    DROP CONSTRAINT inbox_item_kind_known,
    ADD CONSTRAINT inbox_item_kind_known CHECK (kind IN (
        'invitation_accepted', 'role_changed', 'role_disabled', 'role_enabled', 'password_reset', 'second_step_reset')),
    DROP CONSTRAINT inbox_item_of_a_city,
    ADD CONSTRAINT inbox_item_of_a_city CHECK (city_id IS NOT NULL OR kind IN ('password_reset', 'second_step_reset'));

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

DROP POLICY membership_of_installation ON membership;
DROP POLICY invitation_of_region ON invitation;
-- An older program knows no overseers' invitations.
DELETE FROM invitation WHERE city_id IS NULL;
DROP INDEX invitation_to_region_once;
ALTER TABLE invitation
    DROP CONSTRAINT invitation_role_has_its_place,
    DROP CONSTRAINT invitation_role_known,
    ADD CONSTRAINT invitation_role_of_a_city CHECK (role IN ('staff', 'coordinator', 'reviewer', 'leader', 'expert')),
    DROP COLUMN region_id,
    ALTER COLUMN city_id SET NOT NULL;

CREATE OR REPLACE FUNCTION region_paths() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
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
$$;
DROP POLICY region_changed ON region;
DROP POLICY region_new ON region;
DROP POLICY region_known ON region;
ALTER TABLE region DISABLE ROW LEVEL SECURITY;
REVOKE UPDATE (parent_id, name_vi, name_en, version) ON region FROM learningcity_app;
ALTER TABLE region DROP COLUMN version;

DROP FUNCTION city_past(bigint);
DROP TRIGGER city_slug_kept ON city;
DROP FUNCTION city_slug_kept();
DROP POLICY city_named ON city;
DROP POLICY city_new ON city;
DROP POLICY city_known ON city;
ALTER TABLE city DISABLE ROW LEVEL SECURITY;
REVOKE UPDATE (region_id, slug, name_vi, name_en) ON city FROM learningcity_app;
DROP TABLE handover;
DROP TABLE former_city;
ALTER TABLE city DROP COLUMN version, DROP COLUMN archived_on;
