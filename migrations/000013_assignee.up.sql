-- Within its department an entry may have a person in charge. Who that is was
-- decided by tracker's rule when it was assigned; a person who is disabled or
-- gets another role stays named until the entry is handed over.

-- One account has one role in a city, so that a row can name it by both.
ALTER TABLE membership ADD CONSTRAINT membership_of_city UNIQUE (city_id, account_id);

ALTER TABLE entry
    ADD COLUMN assignee_id bigint,
    ADD CONSTRAINT entry_assignee_fkey FOREIGN KEY (city_id, assignee_id) REFERENCES membership (city_id, account_id),
    ADD CONSTRAINT entry_assignee_in_a_department CHECK (assignee_id IS NULL OR department_id IS NOT NULL);

ALTER TABLE former_assignment
    ADD COLUMN assignee_id bigint,
    ADD CONSTRAINT former_assignment_assignee_fkey
        FOREIGN KEY (city_id, assignee_id) REFERENCES membership (city_id, account_id);

-- The person's name. A function of this language costs nothing where nobody is in
-- charge; a subquery opens the table for every page.
CREATE FUNCTION account_name(p_account_id bigint) RETURNS text
    LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    RETURN (SELECT a.name FROM account a WHERE a.id = p_account_id);
END
$$;
REVOKE EXECUTE ON FUNCTION account_name(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account_name(bigint) TO learningcity_app;
