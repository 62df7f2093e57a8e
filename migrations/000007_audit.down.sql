DROP FUNCTION audit_hashes(bigint, bigint, integer), audit_edge();
DROP TABLE audit_seal;
DROP POLICY audit_of_installation ON audit;
DROP POLICY audit_of_account ON audit;
DROP FUNCTION account_address(bigint);
DROP FUNCTION reads_installation(), current_account();
DROP INDEX audit_account;
DROP INDEX audit_city;
CREATE INDEX audit_city ON audit (city_id, recorded_at);
