DROP FUNCTION reviews_of_account();
DROP FUNCTION waiting_since(entry);
DROP TABLE former_passport;
ALTER TABLE status_change
    DROP CONSTRAINT status_change_follows_the_table,
    DROP CONSTRAINT status_change_reason_given;
ALTER TABLE entry DROP COLUMN edited_by;
