-- The roles of a region and of the installation belong to no city. Like acts on
-- the installation they may be written where no city is named, and not read.
ALTER POLICY membership_of_city ON membership
    WITH CHECK (city_id IS NOT DISTINCT FROM (SELECT current_city()));
