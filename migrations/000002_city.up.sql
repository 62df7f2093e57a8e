-- Regions, cities, departments; the people and what they are there.

CREATE TABLE region (
    id        bigint GENERATED ALWAYS AS IDENTITY,
    parent_id bigint,
    name_vi   text NOT NULL,
    name_en   text NOT NULL,
    path      bigint[] NOT NULL DEFAULT '{}', -- from the top down to itself; kept by region_paths
    CONSTRAINT region_pkey PRIMARY KEY (id),
    CONSTRAINT region_parent_fkey FOREIGN KEY (parent_id) REFERENCES region,
    CONSTRAINT region_not_its_own_parent CHECK (parent_id <> id),
    CONSTRAINT region_name_once UNIQUE NULLS NOT DISTINCT (parent_id, name_vi),
    CONSTRAINT region_name_is_text CHECK (is_text(name_vi) AND is_text(name_en))
);

-- Who oversees a region oversees all below it. Every page of a city asks about
-- that and regions hardly ever change, so the way up is written down.
CREATE FUNCTION region_paths() RETURNS trigger
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
CREATE TRIGGER region_paths AFTER INSERT OR UPDATE OF parent_id ON region
    FOR EACH STATEMENT EXECUTE FUNCTION region_paths();

CREATE TABLE city (
    id        bigint GENERATED ALWAYS AS IDENTITY,
    region_id bigint NOT NULL,
    slug      text NOT NULL,
    name_vi   text NOT NULL,
    name_en   text NOT NULL,
    time_zone text NOT NULL,
    language  text NOT NULL,
    -- where a demonstration city's rows come from; null for a city of its own
    demonstration_vi text,
    demonstration_en text,
    CONSTRAINT city_pkey PRIMARY KEY (id),
    CONSTRAINT city_region_fkey FOREIGN KEY (region_id) REFERENCES region,
    CONSTRAINT city_slug_once UNIQUE (slug),
    CONSTRAINT city_slug_fits_an_address CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 60),
    CONSTRAINT city_name_is_text CHECK (is_text(name_vi) AND is_text(name_en)),
    CONSTRAINT city_language_known CHECK (language IN ('vi', 'en')),
    CONSTRAINT city_demonstration_in_both_languages CHECK (
        (demonstration_vi IS NULL) = (demonstration_en IS NULL))
);
CREATE INDEX city_region ON city (region_id);

CREATE TABLE department (
    id      bigint GENERATED ALWAYS AS IDENTITY,
    city_id bigint NOT NULL,
    code    text NOT NULL,
    name_vi text NOT NULL,
    name_en text NOT NULL,
    CONSTRAINT department_pkey PRIMARY KEY (id),
    CONSTRAINT department_city_fkey FOREIGN KEY (city_id) REFERENCES city,
    CONSTRAINT department_code_once UNIQUE (city_id, code),
    CONSTRAINT department_of_city UNIQUE (city_id, id),
    CONSTRAINT department_code_fits_an_address CHECK (code ~ '^[A-Z0-9]{1,12}$'),
    CONSTRAINT department_name_is_text CHECK (is_text(name_vi) AND is_text(name_en))
);

CREATE TABLE account (
    id            bigint GENERATED ALWAYS AS IDENTITY,
    email         text NOT NULL, -- lower case
    name          text NOT NULL,
    language      text, -- null: the installation's
    password_hash text NOT NULL,
    created_at    timestamptz NOT NULL,
    disabled_at   timestamptz,
    CONSTRAINT account_pkey PRIMARY KEY (id),
    CONSTRAINT account_email_once UNIQUE (email),
    CONSTRAINT account_email_lower_case CHECK (email = lower(email) AND is_text(email) AND email LIKE '%_@_%'),
    CONSTRAINT account_name_is_text CHECK (is_text(name)),
    CONSTRAINT account_language_known CHECK (language IN ('vi', 'en'))
);

CREATE TABLE membership (
    id            bigint GENERATED ALWAYS AS IDENTITY,
    account_id    bigint NOT NULL,
    role          text NOT NULL,
    city_id       bigint,
    department_id bigint,
    region_id     bigint,
    ends_on       date,
    CONSTRAINT membership_pkey PRIMARY KEY (id),
    CONSTRAINT membership_account_fkey FOREIGN KEY (account_id) REFERENCES account,
    CONSTRAINT membership_city_fkey FOREIGN KEY (city_id) REFERENCES city,
    CONSTRAINT membership_department_fkey FOREIGN KEY (city_id, department_id)
        REFERENCES department (city_id, id),
    CONSTRAINT membership_region_fkey FOREIGN KEY (region_id) REFERENCES region,
    CONSTRAINT membership_once UNIQUE NULLS NOT DISTINCT (account_id, city_id, region_id),
    CONSTRAINT membership_role_known CHECK (role IN
        ('staff', 'coordinator', 'reviewer', 'leader', 'expert', 'overseer', 'admin')),
    CONSTRAINT membership_role_has_its_place CHECK (
        (region_id IS NOT NULL) = (role = 'overseer')
        AND (city_id IS NULL) = (role IN ('overseer', 'admin'))),
    CONSTRAINT membership_staff_have_a_department CHECK ((department_id IS NOT NULL) = (role = 'staff'))
);
CREATE INDEX membership_city ON membership (city_id);

CREATE TABLE session (
    token_hash bytea NOT NULL, -- SHA-256; the token itself is only in the browser
    account_id bigint NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT session_pkey PRIMARY KEY (token_hash),
    CONSTRAINT session_account_fkey FOREIGN KEY (account_id) REFERENCES account,
    CONSTRAINT session_token_is_hashed CHECK (octet_length(token_hash) = 32)
);
CREATE INDEX session_account ON session (account_id);

GRANT SELECT, INSERT ON region, city TO learningcity_app;
GRANT SELECT, INSERT ON department, membership TO learningcity_app;
-- Nobody but the functions of 000004 reads a password hash or a session.
GRANT SELECT (id, name), INSERT ON account TO learningcity_app;
