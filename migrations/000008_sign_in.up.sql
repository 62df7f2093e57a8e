-- How often a wrong password was tried, and how long the next try has to wait.
-- The program may ask the two functions below and see nothing of the tables.

-- One counter: of an account at one place (a browser that has signed in to it
-- before, else a network), of an account at all other places together, or of a
-- network. Keys are hashes: people type passwords into the wrong field.
CREATE TABLE sign_in_counter (
    kind     text NOT NULL,
    key      bytea NOT NULL,
    failures double precision NOT NULL, -- as of last_at; forgotten little by little
    last_at  timestamptz NOT NULL,
    CONSTRAINT sign_in_counter_pkey PRIMARY KEY (kind, key)
);
CREATE INDEX sign_in_counter_last_at ON sign_in_counter (last_at);

-- A browser that has signed in to the account: its tries are counted apart, so
-- that a stranger who storms the account keeps nobody out who works there.
CREATE TABLE known_browser (
    account_id   bigint NOT NULL,
    browser_hash bytea NOT NULL, -- SHA-256; the token itself is only in the browser
    last_at      timestamptz NOT NULL,
    CONSTRAINT known_browser_pkey PRIMARY KEY (account_id, browser_hash),
    CONSTRAINT known_browser_account_fkey FOREIGN KEY (account_id) REFERENCES account
);

-- After so many free failures each costs a delay, the first one this long and
-- each twice the one before; one failure is forgotten after this while. A
-- network is an office behind one address, so it is given much; the counter of
-- an account that strangers storm is there against many networks at once.
CREATE FUNCTION sign_in_limit(p_kind text)
    RETURNS TABLE (free integer, first interval, longest interval, forget interval)
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT l.free, l.first, l.longest, l.forget FROM (VALUES
        ('place',     5, interval '30 seconds', interval '15 minutes', interval '30 minutes'),
        ('account',  50, interval '5 seconds',  interval '1 minute',   interval '10 minutes'),
        ('network', 300, interval '1 second',   interval '1 minute',   interval '1 minute')
    ) AS l (kind, free, first, longest, forget) WHERE l.kind = p_kind
$$;

-- How long to wait after the last of so many failures.
CREATE FUNCTION sign_in_delay(p_kind text, p_failures double precision) RETURNS interval
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT CASE WHEN ceil(p_failures) < l.free THEN interval '0'
        ELSE least(l.first * power(2, ceil(p_failures) - l.free), l.longest) END
    FROM sign_in_limit(p_kind) l
$$;

-- One failure more, after a while in which some were forgotten. What is counted
-- beyond the longest delay would only take longer to be forgotten.
CREATE FUNCTION sign_in_failures(p_kind text, p_failures double precision, p_after interval) RETURNS double precision
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT least(l.free + 10,
        1 + greatest(0, p_failures - extract(epoch FROM p_after)::double precision / extract(epoch FROM l.forget)::double precision))
    FROM sign_in_limit(p_kind) l
$$;

-- The counters of a try. An address that nobody has is counted like any other.
CREATE FUNCTION sign_in_counters(p_email text, p_network text, p_browser bytea)
    RETURNS TABLE (kind text, key bytea)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;

-- Counts the try as a failure, before anybody has looked at the password, and
-- returns the account that the address signs in to (null for none). Where it
-- has to wait, it says how long, and neither counts nor tells anything else.
CREATE FUNCTION try_sign_in(p_email text, p_network text, p_browser bytea, p_now timestamptz)
    RETURNS TABLE (wait interval, account_id bigint, password_hash text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;

-- The password was right: the account's counter for this place begins anew, the
-- network gets back what the try had cost (not more: whoever has an account
-- could try others' without end), and the browser is known. p_before are sessions
-- that the browser held; they end, and whose they were is returned. Sessions of
-- anybody that are over are swept away meanwhile; nobody can end one by a clock
-- that is ahead.
CREATE FUNCTION settle_sign_in(p_account bigint, p_network text, p_browser bytea, p_before bytea[], p_now timestamptz)
    RETURNS bigint[]
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_counter record;
    v_before  bigint[];
BEGIN
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
    WITH ended AS (DELETE FROM session s WHERE s.token_hash = ANY (p_before) RETURNING s.account_id)
    SELECT array_agg(e.account_id) INTO v_before FROM ended e;
    DELETE FROM session s WHERE s.expires_at <= least(p_now, now());
    RETURN v_before;
END
$$;

REVOKE EXECUTE ON FUNCTION sign_in_limit(text), sign_in_delay(text, double precision),
    sign_in_failures(text, double precision, interval), sign_in_counters(text, text, bytea),
    try_sign_in(text, text, bytea, timestamptz), settle_sign_in(bigint, text, bytea, bytea[], timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION try_sign_in(text, text, bytea, timestamptz),
    settle_sign_in(bigint, text, bytea, bytea[], timestamptz) TO learningcity_app;
-- Nobody may ask for an account but through a try that is counted.
REVOKE EXECUTE ON FUNCTION sign_in_account(text) FROM learningcity_app;
