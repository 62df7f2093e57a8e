-- Run by the bench as the owner: evidence in the library of two cities, 200
-- pieces in bench-2 and 20,000 in bench-3. Few of each kind that a filter asks
-- for, as many in both, so that the pages are as long.

SET session_replication_role = replica;

CREATE TEMPORARY TABLE amount AS
SELECT c.id AS city, a.id AS account, n
FROM (VALUES ('bench-2', 200), ('bench-3', 20000)) v (slug, n)
JOIN city c USING (slug) JOIN account a ON a.email = 'coordinator@' || slug;

INSERT INTO evidence (city_id, department_id, kind, title, document_number, issuer, valid_until, access, language, note,
                      version, latest, uses, answering, created_at, created_by)
SELECT city, (SELECT id FROM department WHERE city_id = city AND code = CASE WHEN g % (n / 100) = 0 THEN 'CUL' ELSE 'EDU' END),
       'link', 'Tài liệu chung số ' || g, g || '/QĐ-UBND', 'Ủy ban nhân dân thành phố', CASE WHEN g % (n / 50) = 0 THEN current_date + 30 END,
       'open', 'vi', repeat('ghi chú ', 20), 1, 1, (g % (n / 80) <> 0)::integer, (g % (n / 80) <> 0)::integer, now(), account
FROM amount, generate_series(1, n) g ORDER BY random();

INSERT INTO evidence_version (evidence_id, number, city_id, kind, url, note, recorded_at, recorded_by)
SELECT id, 1, city_id, kind, 'https://halong.gov.vn/' || id, '', created_at, created_by
FROM evidence e WHERE city_id IN (SELECT city FROM amount)
AND NOT EXISTS (SELECT FROM evidence_version WHERE city_id = e.city_id AND evidence_id = e.id);

INSERT INTO evidence_search (evidence_id, city_id, words)
SELECT id, city_id, array_to_tsvector(ARRAY(SELECT city_id || ':' || w
       FROM unnest(ARRAY['tai', 'lieu', 'chung', 'so', CASE WHEN nth % (n / 2) = 5 THEN 'hiem' ELSE 'nhieu' END,
                               CASE WHEN nth % 5 = 0 THEN 'nam' ELSE 'khac' END]
                   || ARRAY(SELECT 'tu' || (id * 7 + i * 13) % 3000 FROM generate_series(1, 30) i)) w))
FROM (SELECT *, row_number() OVER (PARTITION BY city_id ORDER BY id) AS nth FROM evidence) e JOIN amount ON city = city_id;

SET session_replication_role = origin;
