DROP TABLE indicator, feature, area, indicator_group, framework;
DROP FUNCTION is_text(text);
