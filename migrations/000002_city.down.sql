DROP TABLE session, membership, account, department, city, region;
DROP FUNCTION region_paths;
