GRANT EXECUTE ON FUNCTION sign_in_account(text) TO learningcity_app;
DROP FUNCTION settle_sign_in(bigint, text, bytea, bytea[], timestamptz), try_sign_in(text, text, bytea, timestamptz),
    sign_in_counters(text, text, bytea), sign_in_failures(text, double precision, interval),
    sign_in_delay(text, double precision), sign_in_limit(text);
DROP TABLE known_browser, sign_in_counter;
