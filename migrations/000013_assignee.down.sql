DROP FUNCTION account_name(bigint);
ALTER TABLE former_assignment DROP COLUMN assignee_id;
ALTER TABLE entry DROP COLUMN assignee_id;
ALTER TABLE membership DROP CONSTRAINT membership_of_city;
