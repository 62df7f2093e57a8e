-- The record of acts can be read, each reader their part, and is sealed.

-- Newest first, a page at a time; and what one person did, across cities.
DROP INDEX audit_city;
CREATE INDEX audit_city ON audit (city_id, recorded_at, id);
CREATE INDEX audit_account ON audit (account_id, recorded_at, id);

-- Beside the city, a transaction can name the person who reads their own acts,
-- or the installation. Like the city it is the second lock: which name a
-- transaction may give, tracker/policy.go has decided before.

CREATE FUNCTION current_account() RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('learningcity.account', true), '')::bigint;

CREATE FUNCTION reads_installation() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(current_setting('learningcity.installation', true) = 'on', false);

CREATE POLICY audit_of_account ON audit FOR SELECT USING (account_id = (SELECT current_account()));

-- What an admin answers for: acts on the installation, and on who belongs to a
-- city; nothing of a city's content (tracker.InstallationActs).
CREATE POLICY audit_of_installation ON audit FOR SELECT
    USING ((SELECT reads_installation()) AND (city_id IS NULL OR act IN (
        'add_member', 'invite', 'renew_invitation', 'withdraw_invitation', 'accept_invitation',
        'change_person', 'disable_person', 'enable_person', 'make_password_link',
        'withdraw_password_link', 'reset_password')));

-- The address of who acts in the record: names are not unique and change, an
-- address stays one person's. Of those who acted in, or belong to, what the
-- transaction has named.
CREATE FUNCTION account_address(p_account_id bigint) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT a.email FROM account a
    WHERE a.id = p_account_id AND (
        a.id = current_account() OR reads_installation()
        OR EXISTS (SELECT FROM audit r WHERE r.account_id = a.id AND r.city_id = current_city()));
END;
REVOKE EXECUTE ON FUNCTION account_address(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account_address(bigint) TO learningcity_app;

-- One seal for each row of the record, in the order of its ids:
-- seal = HMAC-SHA-256(key, seal before || SHA-256(row)). The key is not in the
-- database. There is no foreign key: it would write into the rows that it
-- locks, and that a sealed row has gone is for the seals to tell.
CREATE TABLE audit_seal (
    position bigint NOT NULL, -- 1, 2, 3 …: a seal that was taken away leaves a gap
    audit_id bigint NOT NULL,
    seal     bytea NOT NULL,
    CONSTRAINT audit_seal_pkey PRIMARY KEY (position),
    CONSTRAINT audit_seal_row_once UNIQUE (audit_id),
    CONSTRAINT audit_seal_position_counts CHECK (position >= 1),
    CONSTRAINT audit_seal_is_a_hash CHECK (octet_length(seal) = 32)
);

-- Append-only: no UPDATE, DELETE or TRUNCATE.
GRANT SELECT, INSERT ON audit_seal TO learningcity_app;

-- The sealer works on the rows of all cities, which row-level security hides
-- from the app. These functions run as the owner and give it the least that it
-- can work with: how far the record reaches, and a hash of each row, from which
-- nothing of the row can be read. Who abuses them learns how many acts there were.

-- The newest row, and the transactions that may still add an older one: an id is
-- given out before its row can be seen. Whoever inserts has locked the table
-- before, so a transaction that is not listed gets its ids after the newest one.
-- (Ids are handed out one by one: the column's sequence caches none.) The
-- statements run in this order, each seeing what is there by then.
CREATE FUNCTION audit_edge() RETURNS TABLE (newest bigint, writers text[])
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    SELECT coalesce(max(a.id), 0) INTO newest FROM audit a;
    SELECT coalesce(array_agg(DISTINCT l.virtualtransaction), '{}') INTO writers FROM pg_locks l
    WHERE l.relation = 'audit'::regclass AND l.mode = 'RowExclusiveLock'
      AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database());
    RETURN NEXT;
END
$$;

-- The hashes of the rows after the one and up to the other. What is hashed is
-- written down once more where the seals are verified (postgres/audit_verify.go).
CREATE FUNCTION audit_hashes(p_after bigint, p_upto bigint, p_most integer)
    RETURNS TABLE (id bigint, hash bytea)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT a.id, sha256(convert_to(jsonb_build_array(a.id, a.city_id, a.account_id, a.act, a.subject,
               a.before::text, a.after::text, (extract(epoch FROM a.recorded_at) * 1000000)::bigint,
               a.request_id, a.address)::text, 'UTF8'))
    FROM audit a WHERE a.id > p_after AND a.id <= p_upto
    ORDER BY a.id LIMIT p_most;
END;

REVOKE EXECUTE ON FUNCTION audit_edge(), audit_hashes(bigint, bigint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_edge(), audit_hashes(bigint, bigint, integer) TO learningcity_app;
