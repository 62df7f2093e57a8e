DROP TABLE session, membership, account, department, city, region;
