DROP FUNCTION framework_uses();
REVOKE UPDATE (closed_on) ON assessment FROM learningcity_app;
REVOKE UPDATE (department_id) ON invitation FROM learningcity_app;
REVOKE UPDATE (name_vi, name_en, version, retired_on) ON department FROM learningcity_app;
DROP TABLE former_assignment, former_name;
ALTER TABLE department DROP COLUMN retired_on, DROP COLUMN version;
