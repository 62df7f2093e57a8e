-- Departments are renamed and retired, entries change hands, and pages of a past
-- day show what held then. What is now stands in department and entry; what was
-- stands here, each row with the day from which it held no longer.

ALTER TABLE department
    ADD COLUMN version integer NOT NULL DEFAULT 1, -- counts every act on it; forms carry it
    ADD COLUMN retired_on date,                    -- the first day without it
    ADD CONSTRAINT department_version_counts CHECK (version >= 1);

-- The name on day D is that of the lowest version with until_on > D; where
-- there is none, the name of now.
CREATE TABLE former_name (
    department_id bigint NOT NULL,
    version       integer NOT NULL, -- of the department that bore it
    city_id       bigint NOT NULL,
    name_vi       text NOT NULL,
    name_en       text NOT NULL,
    until_on      date NOT NULL,
    CONSTRAINT former_name_pkey PRIMARY KEY (department_id, version),
    CONSTRAINT former_name_department_fkey FOREIGN KEY (city_id, department_id) REFERENCES department (city_id, id)
);

-- Who led an entry, and its due date, read like former_name.
CREATE TABLE former_assignment (
    entry_id      bigint NOT NULL,
    entry_version integer NOT NULL, -- of the entry that was given away
    city_id       bigint NOT NULL,
    assessment_id bigint NOT NULL,
    department_id bigint,
    due_on        date,
    until_on      date NOT NULL,
    CONSTRAINT former_assignment_pkey PRIMARY KEY (entry_id, entry_version),
    CONSTRAINT former_assignment_entry_fkey FOREIGN KEY (city_id, assessment_id, entry_id)
        REFERENCES entry (city_id, assessment_id, id),
    CONSTRAINT former_assignment_department_fkey FOREIGN KEY (city_id, department_id)
        REFERENCES department (city_id, id)
);

-- A page of a past day reads those of its city or assessment only.
CREATE INDEX former_name_city ON former_name (city_id);
CREATE INDEX former_assignment_assessment ON former_assignment (city_id, assessment_id);

ALTER TABLE former_name       ENABLE ROW LEVEL SECURITY;
ALTER TABLE former_assignment ENABLE ROW LEVEL SECURITY;
CREATE POLICY former_name_of_city       ON former_name       USING (city_id = (SELECT current_city()));
CREATE POLICY former_assignment_of_city ON former_assignment USING (city_id = (SELECT current_city()));

-- History is append-only.
GRANT SELECT, INSERT ON former_name, former_assignment TO learningcity_app;
-- To lock a row takes the right to change one of its columns.
GRANT UPDATE (name_vi, name_en, version, retired_on) ON department TO learningcity_app;
GRANT UPDATE (department_id) ON invitation TO learningcity_app;
GRANT UPDATE (closed_on) ON assessment TO learningcity_app;

-- Who looks after frameworks sees how many assessments of which city use each,
-- and nothing else of them; no city is named then.
CREATE FUNCTION framework_uses()
    RETURNS TABLE (framework_id bigint, city_id bigint, assessments bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT a.framework_id, a.city_id, count(*) FROM assessment a GROUP BY a.framework_id, a.city_id;
END;
REVOKE EXECUTE ON FUNCTION framework_uses() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION framework_uses() TO learningcity_app;
