-- ALTER POLICY cannot take a WITH CHECK away.
DROP POLICY membership_of_city ON membership;
CREATE POLICY membership_of_city ON membership USING (city_id = (SELECT current_city()));
