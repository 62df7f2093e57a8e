GRANT EXECUTE ON FUNCTION sign_in_account(text) TO learningcity_app;
DROP FUNCTION start_session(bigint, text, bytea, timestamptz, timestamptz, text, text, bytea, bytea[]),
    open_session(bigint, bytea, timestamptz, timestamptz, text, text, bytea, bytea[]),
    settle_sign_in(bigint, text, bytea, timestamptz), try_sign_in(text, text, bytea, timestamptz),
    sign_in_counters(text, text, bytea), count_try(text, bytea, timestamptz), sign_in_failures(text, double precision, interval),
    sign_in_delay(text, double precision), sign_in_limit(text);
DROP TABLE known_browser, sign_in_counter;
