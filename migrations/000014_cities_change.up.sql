-- Cities are renamed, archived, merged and split; regions move; overseers are
-- invited to a region; the admin disables accounts.

ALTER TABLE city
    ADD COLUMN version     integer NOT NULL DEFAULT 1, -- counts every act on the city as a whole; forms carry it
    ADD COLUMN archived_on date,                       -- the first day on which nobody writes there
    ADD CONSTRAINT city_version_counts CHECK (version >= 1);

-- Read like former_name: the name on day D is that of the lowest version with
-- until_on > D. The address leads on to the one of now. Like city it is read
-- before any city is named.
CREATE TABLE former_city (
    city_id  bigint NOT NULL,
    version  integer NOT NULL, -- of the city that bore it
    slug     text NOT NULL,
    name_vi  text NOT NULL,
    name_en  text NOT NULL,
    until_on date NOT NULL,
    CONSTRAINT former_city_pkey PRIMARY KEY (city_id, version),
    CONSTRAINT former_city_city_fkey FOREIGN KEY (city_id) REFERENCES city
);
CREATE INDEX former_city_slug ON former_city (slug);

-- Who has taken the place of a city that was merged or split; like former_city
-- it is about cities, not of one.
CREATE TABLE handover (
    city_id      bigint NOT NULL,
    version      integer NOT NULL, -- of the city that was given up
    successor_id bigint NOT NULL,
    held_on      date NOT NULL,
    ended_on     date, -- the city was brought back
    CONSTRAINT handover_pkey PRIMARY KEY (city_id, version, successor_id),
    CONSTRAINT handover_city_fkey FOREIGN KEY (city_id) REFERENCES city,
    CONSTRAINT handover_successor_fkey FOREIGN KEY (successor_id) REFERENCES city,
    CONSTRAINT handover_not_of_itself CHECK (successor_id <> city_id)
);
CREATE INDEX handover_successor ON handover (successor_id);

-- Everybody may read them; only a transaction that has named the city adds to them.
ALTER TABLE former_city ENABLE ROW LEVEL SECURITY;
ALTER TABLE handover    ENABLE ROW LEVEL SECURITY;
CREATE POLICY former_city_known   ON former_city FOR SELECT USING (true);
CREATE POLICY handover_known      ON handover    FOR SELECT USING (true);
CREATE POLICY former_city_of_city ON former_city USING (city_id = (SELECT current_city()));
CREATE POLICY handover_of_city    ON handover    USING (city_id = (SELECT current_city()));
GRANT SELECT, INSERT ON former_city, handover TO learningcity_app;
GRANT UPDATE (ended_on) ON handover TO learningcity_app;
GRANT UPDATE (region_id, slug, name_vi, name_en, version, archived_on) ON city TO learningcity_app;
ALTER TABLE city ENABLE ROW LEVEL SECURITY;
CREATE POLICY city_known ON city FOR SELECT USING (true);
CREATE POLICY city_new   ON city FOR INSERT WITH CHECK (true);
CREATE POLICY city_named ON city FOR UPDATE USING (id = (SELECT current_city()));

-- An address that was a city's leads to it for ever, so no other city may have
-- it. The trigger looks when the row is written: by then the index has waited
-- for whoever is giving the same address up.
CREATE FUNCTION city_slug_kept() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM former_city f WHERE f.slug = NEW.slug AND f.city_id <> NEW.id) THEN
        RAISE 'the address was another city''s' USING ERRCODE = 'unique_violation', CONSTRAINT = 'city_slug_once';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER city_slug_kept AFTER INSERT OR UPDATE OF slug ON city FOR EACH ROW EXECUTE FUNCTION city_slug_kept();

-- What a city was, and the cities before and after it, as tracker.CityPast
-- reads it. Every page of a city asks, and hardly any city has a past: a
-- function costs nothing where it is not called.
CREATE FUNCTION city_past(p_city_id bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;

-- The regions of two who move them at once would each be a tree and together a
-- circle: the second waits and then sees the first.
ALTER TABLE region
    ADD COLUMN version integer NOT NULL DEFAULT 1, -- counts every act on it; forms carry it
    ADD CONSTRAINT region_version_counts CHECK (version >= 1);
GRANT UPDATE (parent_id, name_vi, name_en, version) ON region TO learningcity_app;
ALTER TABLE region ENABLE ROW LEVEL SECURITY;
CREATE POLICY region_known   ON region FOR SELECT USING (true);
CREATE POLICY region_new     ON region FOR INSERT WITH CHECK (true);
CREATE POLICY region_changed ON region FOR UPDATE USING ((SELECT reads_installation()));

CREATE OR REPLACE FUNCTION region_paths() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;

-- Overseers are invited to a region as others are to a city. A transaction that
-- has named the installation sees these invitations and the roles that belong to
-- no city; one that has named a city sees neither.
ALTER TABLE invitation
    ALTER COLUMN city_id DROP NOT NULL,
    ADD COLUMN region_id bigint,
    ADD CONSTRAINT invitation_region_fkey FOREIGN KEY (region_id) REFERENCES region,
    DROP CONSTRAINT invitation_role_of_a_city,
    ADD CONSTRAINT invitation_role_known CHECK (role IN ('staff', 'coordinator', 'reviewer', 'leader', 'expert', 'overseer')),
    ADD CONSTRAINT invitation_role_has_its_place CHECK (
        (region_id IS NOT NULL) = (role = 'overseer') AND (city_id IS NULL) = (role = 'overseer'));
CREATE UNIQUE INDEX invitation_to_region_once ON invitation (region_id, email)
    WHERE accepted_at IS NULL AND withdrawn_at IS NULL;
GRANT SELECT (region_id) ON invitation TO learningcity_app;

CREATE POLICY invitation_of_region ON invitation
    USING ((SELECT reads_installation()) AND city_id IS NULL AND (SELECT current_city()) IS NULL);
CREATE POLICY membership_of_installation ON membership
    USING ((SELECT reads_installation()) AND city_id IS NULL AND (SELECT current_city()) IS NULL);

-- Who has invited an overseer is told that they came, which is about no city;
-- who goes along to a successor is told so.
ALTER TABLE inbox_item
    DROP CONSTRAINT inbox_item_kind_known,
    ADD CONSTRAINT inbox_item_kind_known CHECK (kind IN (
        'invitation_accepted', 'role_changed', 'role_disabled', 'role_enabled', 'role_carried', 'password_reset', 'second_step_reset')),
    DROP CONSTRAINT inbox_item_of_a_city,
    ADD CONSTRAINT inbox_item_of_a_city CHECK (city_id IS NOT NULL OR kind IN ('password_reset', 'second_step_reset', 'invitation_accepted'));

-- The invitation behind a link: a city's, or with no city a region's. It is
-- locked, so that of two who accept at once one wins, and a link that is being
-- replaced is not used.
CREATE OR REPLACE FUNCTION invitation_of_link(p_token_hash bytea)
    RETURNS TABLE (invitation_id bigint, city_slug text, account_id bigint)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT i.id, c.slug, a.id
    FROM invitation i
    LEFT JOIN city c ON c.id = i.city_id
    LEFT JOIN account a ON a.email = i.email
    WHERE i.token_hash = p_token_hash OR i.mailed_token_hash = p_token_hash
    FOR UPDATE OF i;
$$;

-- Whether the account has or had a role outside the city. One in a city that it
-- has succeeded is none that its coordinator must be kept from: they have taken
-- its people over, who could get no link otherwise.
CREATE FUNCTION role_beside(p_account_id bigint, p_city_id bigint) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT EXISTS (
        SELECT FROM membership m
        WHERE m.account_id = p_account_id AND m.city_id IS DISTINCT FROM p_city_id
          AND NOT EXISTS (SELECT FROM handover s
              WHERE s.city_id = m.city_id AND s.successor_id = p_city_id AND s.ended_on IS NULL));
END;
REVOKE EXECUTE ON FUNCTION role_beside(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION has_role_elsewhere(p_account_id bigint) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT role_beside(p_account_id, current_city());
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
$$;

-- All accounts, for a transaction that has named the installation, with what
-- each is and where.
CREATE FUNCTION installation_account()
    RETURNS TABLE (account_id bigint, name text, email text, created_at timestamptz, disabled_at timestamptz, posts jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT a.id, a.name, a.email, a.created_at, a.disabled_at,
           (SELECT jsonb_agg(jsonb_build_object('role', m.role,
                       'vi', coalesce(c.name_vi, r.name_vi, ''), 'en', coalesce(c.name_en, r.name_en, '')) ORDER BY m.id)
            FROM membership m LEFT JOIN city c ON c.id = m.city_id LEFT JOIN region r ON r.id = m.region_id
            WHERE m.account_id = a.id AND m.disabled_at IS NULL AND c.archived_on IS NULL)
    FROM account a
    WHERE reads_installation();
END;

-- Shuts an account out everywhere, or lets it in again. Its sessions end, and
-- so do links for a forgotten password.
CREATE FUNCTION lock_account(p_account_id bigint, p_disabled_at timestamptz, p_now timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;

REVOKE EXECUTE ON FUNCTION installation_account(), lock_account(bigint, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION installation_account(), lock_account(bigint, timestamptz, timestamptz) TO learningcity_app;

-- Acts on a city as a whole are the admin's too (tracker.InstallationActs).
ALTER POLICY audit_of_installation ON audit
    USING ((SELECT reads_installation()) AND (city_id IS NULL OR act IN (
        'add_member', 'invite', 'renew_invitation', 'withdraw_invitation', 'accept_invitation',
        'change_person', 'disable_person', 'enable_person', 'make_password_link',
        'withdraw_password_link', 'reset_password',
        'rename_city', 'move_city', 'archive_city', 'restore_city', 'merge_cities', 'split_city')));
