DROP POLICY audit_of_second_steps ON audit;
DROP FUNCTION session_actor(bytea, timestamptz), require_second_step(boolean),
    begin_half_sign_in(bigint, bytea, timestamptz, timestamptz),
    try_second_step(bytea, bytea, timestamptz), try_own_second_step(bytea, bytea, timestamptz),
    pass_second_step(bytea, bytea, timestamptz, bigint, bytea),
    enable_own_second_step(bytea, timestamptz, bytea, bigint, bytea[]),
    renew_own_recovery_codes(bytea, bytea, timestamptz, bigint, bytea, bytea[]),
    disable_own_second_step(bytea, bytea, timestamptz, bigint, bytea), own_recovery_codes(bytea, timestamptz),
    reset_second_step(text), forget_second_step(bigint), use_second_step(bigint, bytea, bigint, bytea),
    count_second_step(bigint, bytea, timestamptz), second_step_counter(bigint, bytea),
    half_signed_in(bytea, timestamptz), signed_in(bytea, timestamptz);
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
REVOKE EXECUTE ON FUNCTION session_actor(bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION session_actor(bytea, timestamptz) TO learningcity_app;
DROP TABLE half_sign_in;
DROP TABLE recovery_code;
DROP TABLE second_step;
ALTER TABLE city DROP COLUMN second_step_required;
ALTER TABLE account DROP COLUMN second_step_at;
