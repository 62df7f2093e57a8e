DROP TABLE audit, measurement, entry_revision, status_change, entry, milestone, assessment;
