-- Run by the bench as the owner. bench.cities copies of the demonstration city,
-- whose rows are as many and as long, but for names and keys. History lies on
-- the disk as it comes in: by time, the cities mixed.

SET session_replication_role = replica; -- what is copied keeps to the foreign keys

INSERT INTO city (region_id, slug, name_vi, name_en, time_zone, language)
SELECT region_id, 'bench-' || n, name_vi || ' ' || n, name_en || ' ' || n, time_zone, language
FROM city, generate_series(1, current_setting('bench.cities')::int) n
WHERE slug = 'ha-long' ORDER BY n;

CREATE TEMPORARY TABLE copy AS SELECT c.id AS city, m.id AS model FROM city c, city m
WHERE c.slug LIKE 'bench-%' AND m.slug = 'ha-long';

-- A coordinator for each, signed in, who has submitted what was submitted.
INSERT INTO account (email, name, password_hash, created_at)
SELECT 'coordinator@' || slug, 'Điều phối viên', 'none', now() FROM city WHERE slug LIKE 'bench-%';

INSERT INTO membership (account_id, role, city_id)
SELECT a.id, 'coordinator', c.id FROM city c JOIN account a ON a.email = 'coordinator@' || c.slug;

INSERT INTO session (token_hash, account_id, created_at, expires_at)
SELECT sha256(convert_to('session-of-' || c.slug, 'UTF8')), a.id, now(), now() + interval '1 day'
FROM city c JOIN account a ON a.email = 'coordinator@' || c.slug;

-- And a reviewer, signed in too.
INSERT INTO account (email, name, password_hash, created_at)
SELECT 'reviewer@' || slug, 'Người thẩm định', 'none', now() FROM city WHERE slug LIKE 'bench-%';

INSERT INTO membership (account_id, role, city_id)
SELECT a.id, 'reviewer', c.id FROM city c JOIN account a ON a.email = 'reviewer@' || c.slug;

INSERT INTO session (token_hash, account_id, created_at, expires_at)
SELECT sha256(convert_to('review-of-' || c.slug, 'UTF8')), a.id, now(), now() + interval '1 day'
FROM city c JOIN account a ON a.email = 'reviewer@' || c.slug;

INSERT INTO department (city_id, code, name_vi, name_en)
SELECT copy.city, code, name_vi, name_en FROM copy, department WHERE city_id = model ORDER BY 1, id;

INSERT INTO assessment (city_id, number, framework_id, name_vi, name_en, opened_on, submission_due_on, needs_review)
SELECT copy.city, number, framework_id, name_vi, name_en, opened_on, submission_due_on, needs_review
FROM copy, assessment WHERE city_id = model ORDER BY 1, number;

CREATE TEMPORARY TABLE assessment_copy AS
SELECT n.city_id AS city, n.id AS assessment, o.id AS model
FROM copy JOIN assessment n ON n.city_id = copy.city JOIN assessment o ON o.city_id = copy.model AND o.number = n.number;

INSERT INTO milestone (city_id, assessment_id, held_on, title_vi, title_en, published)
SELECT a.city, a.assessment, held_on, title_vi, title_en, published
FROM assessment_copy a JOIN milestone ON assessment_id = a.model ORDER BY 1, id;

INSERT INTO entry (city_id, assessment_id, framework_id, indicator_id, department_id, due_on, version, claim, verdict,
                   changed, changed_on, submitted_by, reviewed_by, narrative, obstacles, solution, updated_at)
SELECT a.city, a.assessment, e.framework_id, indicator_id, n.id, due_on, e.version, claim, verdict,
       changed, changed_on, CASE WHEN submitted_by IS NOT NULL THEN k.account_id END, reviewed_by, narrative, obstacles, solution, updated_at
FROM assessment_copy a JOIN entry e ON e.assessment_id = a.model JOIN membership k ON k.city_id = a.city AND k.role = 'coordinator'
LEFT JOIN department o ON o.id = e.department_id
LEFT JOIN department n ON n.city_id = a.city AND n.code = o.code
ORDER BY 1, e.id;

CREATE TEMPORARY TABLE entry_copy AS
SELECT a.city, a.assessment, n.id AS entry, o.id AS model
FROM assessment_copy a JOIN entry n ON n.assessment_id = a.assessment
JOIN entry o ON o.assessment_id = a.model AND o.indicator_id = n.indicator_id;

INSERT INTO status_change
SELECT e.entry, entry_version, e.city, e.assessment, act, claim_from, claim_to, verdict_from, verdict_to,
       note, effective_on, recorded_at, recorded_by
FROM entry_copy e JOIN status_change c ON c.entry_id = e.model ORDER BY recorded_at, 3, 1, 2;

-- Who submitted an entry was told of what became of it, and has read it.
INSERT INTO inbox_item (account_id, city_id, kind, assessment_id, entry_id, indicator_id, assessment_number, by_account_id, created_at, read_at)
SELECT submitted_by, city, 'entry_accepted', assessment, entry, indicator_id, 1, reviewed_by, updated_at, updated_at
FROM entry_copy JOIN entry ON id = entry WHERE submitted_by IS NOT NULL ORDER BY updated_at, 2, 5;

INSERT INTO entry_revision
SELECT e.entry, entry_version, e.city, e.assessment, narrative, obstacles, solution, year, value, target, source,
       effective_on, recorded_at, recorded_by
FROM entry_copy e JOIN entry_revision r ON r.entry_id = e.model AND r.evidence_id IS NULL ORDER BY recorded_at, 3, 1, 2;

INSERT INTO measurement
SELECT e.entry, year, e.city, e.assessment, value, target, source
FROM entry_copy e JOIN measurement m ON m.entry_id = e.model ORDER BY 3, 1, 2;

-- Two pieces of evidence that support every entry.
INSERT INTO evidence (city_id, kind, title, document_number, issuer, issued_on, access, language, note, version, latest, uses, answering,
                      created_at, created_by)
SELECT city, 'link', 'Kế hoạch xây dựng thành phố học tập giai đoạn 2024-2030, phần ' || n, n || '/KH-UBND', 'Ủy ban nhân dân thành phố',
       '2024-01-02', 'open', 'vi', '', 1, 1, 57, 57, now(), (SELECT min(id) FROM account)
FROM copy, generate_series(1, 2) n ORDER BY 1, n;

INSERT INTO evidence_version (evidence_id, number, city_id, kind, url, note, recorded_at, recorded_by)
SELECT v.id, 1, v.city_id, v.kind, 'https://halong.gov.vn/' || v.id, '', v.created_at, v.created_by
FROM copy JOIN evidence v ON v.city_id = copy.city ORDER BY 3, 1;

INSERT INTO evidence_link (entry_id, evidence_id, city_id, assessment_id, answers, linked)
SELECT e.entry, v.id, e.city, e.assessment, '{1}', true FROM entry_copy e JOIN evidence v ON v.city_id = e.city ORDER BY 3, 1, 2;

-- On every entry something is asked and answered.
INSERT INTO thread (city_id, kind, audience, assessment_id, entry_id, version, comments, opened_at, opened_by)
SELECT e.city, 'comment', 'city', e.assessment, e.entry, 1, 2, now(), (SELECT min(id) FROM account)
FROM entry_copy e ORDER BY 1, e.entry;

INSERT INTO comment (thread_id, number, city_id, audience, version, text, answers, written_at, written_by, written_as)
SELECT t.id, n, t.city_id, t.audience, 1, 'Đề nghị bổ sung số liệu năm 2024, kèm báo cáo của đơn vị phụ trách: https://halong.gov.vn/bao-cao-2024.',
       false, t.opened_at, t.opened_by, 'coordinator'
FROM thread t, generate_series(1, 2) n WHERE NOT EXISTS (SELECT FROM comment WHERE thread_id = t.id) ORDER BY t.city_id, t.id, n;

-- Recommendations and tasks; no two of the model have the same text.
INSERT INTO recommendation (city_id, assessment_id, given_on, given_by, text, source, required, state, version)
SELECT a.city, a.assessment, given_on, given_by, text, source, required, state, version
FROM assessment_copy a JOIN recommendation r ON r.assessment_id = a.model ORDER BY 1, r.id;

CREATE TEMPORARY TABLE recommendation_copy AS
SELECT a.city, a.assessment, n.id AS recommendation, o.id AS model
FROM assessment_copy a JOIN recommendation n ON n.assessment_id = a.assessment
JOIN recommendation o ON o.assessment_id = a.model AND o.text = n.text;

INSERT INTO recommendation_entry (recommendation_id, entry_id, city_id, assessment_id)
SELECT r.recommendation, e.entry, r.city, r.assessment
FROM recommendation_copy r JOIN recommendation_entry x ON x.recommendation_id = r.model
JOIN entry_copy e ON e.model = x.entry_id AND e.city = r.city ORDER BY 3, 1, 2;

INSERT INTO recommendation_move (recommendation_id, version, city_id, act, state_from, state_to, note, moved_on, recorded_at, recorded_by)
SELECT r.recommendation, version, r.city, act, state_from, state_to, note, moved_on, recorded_at, recorded_by
FROM recommendation_copy r JOIN recommendation_move m ON m.recommendation_id = r.model ORDER BY recorded_at, 3, 1, 2;

INSERT INTO task (city_id, assessment_id, department_id, title, detail, due_on, source, source_entry_id, recommendation_id, state, version, created_by)
SELECT a.city, a.assessment, n.id, title, detail, due_on, source, e.entry, r.recommendation, state, t.version, created_by
FROM assessment_copy a JOIN task t ON t.assessment_id = a.model
JOIN department o ON o.id = t.department_id JOIN department n ON n.city_id = a.city AND n.code = o.code
LEFT JOIN entry_copy e ON e.model = t.source_entry_id AND e.city = a.city
LEFT JOIN recommendation_copy r ON r.model = t.recommendation_id AND r.city = a.city ORDER BY 1, t.id;

CREATE TEMPORARY TABLE task_copy AS
SELECT a.city, a.assessment, n.id AS task, o.id AS model
FROM assessment_copy a JOIN task n ON n.assessment_id = a.assessment JOIN task o ON o.assessment_id = a.model AND o.title = n.title;

INSERT INTO task_entry (task_id, entry_id, city_id, assessment_id)
SELECT t.task, e.entry, t.city, t.assessment
FROM task_copy t JOIN task_entry x ON x.task_id = t.model
JOIN entry_copy e ON e.model = x.entry_id AND e.city = t.city ORDER BY 3, 1, 2;

INSERT INTO task_move (task_id, version, city_id, act, state_from, state_to, note, moved_on, recorded_at, recorded_by)
SELECT t.task, version, t.city, act, state_from, state_to, note, moved_on, recorded_at, recorded_by
FROM task_copy t JOIN task_move m ON m.task_id = t.model ORDER BY recorded_at, 3, 1, 2;

SET session_replication_role = origin;

-- The floor's tables: what each query of the program returns, joined already,
-- under the key that it is asked for by, in rows as wide as those that the
-- program reads and in the order of its tables. No constraints, no policies.
CREATE SCHEMA floor;

CREATE TABLE floor.session AS
SELECT s.token_hash, f.* FROM session s, session_actor(s.token_hash, now()) f;
CREATE UNIQUE INDEX ON floor.session (token_hash);

CREATE TABLE floor.city AS
SELECT c.id, c.slug, c.name_vi, c.name_en, c.time_zone, c.language, '' AS note_vi, '' AS note_en,
       r.name_vi AS region_vi, r.name_en AS region_en, ARRAY[r.id] AS regions, c.second_step_required
FROM city c JOIN region r ON r.id = c.region_id;
CREATE UNIQUE INDEX ON floor.city (slug);

CREATE TABLE floor.assessment AS
SELECT a.city_id, a.id, a.number, a.framework_id, a.name_vi, a.name_en, a.opened_on, a.submission_due_on, a.closed_on,
       a.needs_review
FROM assessment a ORDER BY 1;
CREATE INDEX ON floor.assessment (city_id);

CREATE TABLE floor.milestone AS
SELECT a.*, m.held_on, m.title_vi, m.title_en, m.published
FROM floor.assessment a JOIN milestone m ON m.assessment_id = a.id ORDER BY 1, m.held_on;
CREATE INDEX ON floor.milestone (city_id);

CREATE TABLE floor.department AS
SELECT city_id, id, code, name_vi, name_en, retired_on FROM department ORDER BY 1, name_vi;
CREATE INDEX ON floor.department (city_id);

CREATE TABLE floor.entry AS
SELECT e.city_id, split_part(i.code, '.', 1) AS area, i.code AS indicator, e.id, e.indicator_id, e.department_id, e.assignee_id, e.due_on, e.version,
       e.claim, e.verdict, e.changed, e.submitted_by, e.changed_on, e.narrative, e.obstacles, e.solution,
       d.code, d.name_vi, d.name_en, '' AS assignee
FROM entry e JOIN indicator i ON i.id = e.indicator_id LEFT JOIN department d ON d.id = e.department_id ORDER BY 1, 3;
CREATE INDEX ON floor.entry (city_id, area);

CREATE TABLE floor.change AS
SELECT c.city_id, e.indicator, c.entry_id, c.entry_version, c.act, c.claim_from, c.claim_to, c.verdict_from, c.verdict_to,
       c.note, c.effective_on, c.recorded_at, a.name
FROM status_change c JOIN floor.entry e ON e.id = c.entry_id JOIN account a ON a.id = c.recorded_by ORDER BY recorded_at, city_id, entry_id, entry_version;
CREATE INDEX ON floor.change (city_id, indicator);

CREATE TABLE floor.revision AS
SELECT r.city_id, e.indicator, r.entry_id, r.entry_version, r.narrative, r.obstacles, r.solution,
       r.year, (r.value * 10)::bigint AS value, (r.target * 10)::bigint AS target, r.source,
       r.effective_on, r.recorded_at, a.name
FROM entry_revision r JOIN floor.entry e ON e.id = r.entry_id JOIN account a ON a.id = r.recorded_by ORDER BY recorded_at, city_id, entry_id, entry_version;
CREATE INDEX ON floor.revision (city_id, indicator);

CREATE TABLE floor.evidence AS
SELECT l.city_id, e.indicator, v.id, v.kind, v.title, v.document_number, v.issuer, v.issued_on, v.period_from, v.period_to, v.valid_until,
       v.access, v.language, v.note, v.department_id, '' AS department_code, '' AS department_vi, '' AS department_en, v.uses,
       v.withdrawn_on, n.number, '' AS file_name, '' AS media_type, n.url, 0::bigint AS size, NULL::json AS former
FROM evidence_link l JOIN floor.entry e ON e.id = l.entry_id JOIN evidence v ON v.id = l.evidence_id
JOIN evidence_version n ON n.evidence_id = v.id AND n.number = v.latest ORDER BY l.city_id, l.entry_id, v.id;
CREATE INDEX ON floor.evidence (city_id, indicator);

CREATE TABLE floor.thread AS
SELECT t.city_id, e.indicator, 1 AS total, 0 AS settled, t.id, t.kind, t.audience, t.version, t.due_on, t.comments, t.opened_at, t.opened_by,
       a.name AS opener, t.answered_at, '' AS answerer, t.resolved_at, '' AS resolver,
       c.number, c.version AS comment_version, c.text, c.written_by, a.name AS author, c.written_as, c.written_at, c.edited_at, c.deleted_at, c.answers,
       '{}'::text AS mentioned
FROM thread t JOIN floor.entry e ON e.id = t.entry_id JOIN comment c ON c.city_id = t.city_id AND c.thread_id = t.id
JOIN account a ON a.id = t.opened_by ORDER BY t.city_id, t.id, c.number;
CREATE INDEX ON floor.thread (city_id, indicator);

CREATE TABLE floor.advice AS
SELECT e.city_id, e.indicator, false AS is_task, r.id, r.text, r.state, r.given_on AS day, r.required, '' AS code, '' AS name_vi, '' AS name_en
FROM recommendation_entry x JOIN floor.entry e ON e.id = x.entry_id JOIN recommendation r ON r.id = x.recommendation_id
UNION ALL
SELECT e.city_id, e.indicator, true, t.id, t.title, t.state, t.due_on, false, d.code, d.name_vi, d.name_en
FROM task_entry x JOIN floor.entry e ON e.id = x.entry_id JOIN task t ON t.id = x.task_id JOIN department d ON d.id = t.department_id
ORDER BY 1, 3, 4;
CREATE INDEX ON floor.advice (city_id, indicator);

CREATE TABLE floor.history AS
SELECT city_id, entry_id, entry_version, effective_on, recorded_at, claim_to, verdict_to FROM floor.change
UNION ALL
SELECT city_id, entry_id, entry_version, effective_on, recorded_at, '', '' FROM floor.revision
ORDER BY recorded_at, city_id, entry_id, entry_version;
CREATE INDEX ON floor.history (city_id);

-- What a save reads and writes, with the keys that keep it fast and no more.
CREATE TABLE floor.claim AS
SELECT e.id, e.city_id, e.assessment_id, c.slug AS city_slug, i.code, e.framework_id, e.indicator_id, e.department_id,
       e.due_on, e.version, e.claim, e.verdict, e.changed, e.changed_on, e.submitted_by, e.reviewed_by,
       e.narrative, e.obstacles, e.solution, e.updated_at, a.number, a.opened_on, a.closed_on, a.needs_review, i.kind, i.unit
FROM entry e JOIN city c ON c.id = e.city_id JOIN assessment a ON a.id = e.assessment_id
JOIN indicator i ON i.id = e.indicator_id ORDER BY e.id;
CREATE UNIQUE INDEX ON floor.claim (city_slug, code);
CREATE UNIQUE INDEX ON floor.claim (id);

CREATE TABLE floor.status_change AS TABLE status_change;
CREATE UNIQUE INDEX ON floor.status_change (entry_id, entry_version);

CREATE TABLE floor.audit (LIKE audit INCLUDING IDENTITY);
CREATE UNIQUE INDEX ON floor.audit (id);

CREATE TABLE floor.inbox_item (LIKE inbox_item INCLUDING IDENTITY);
CREATE UNIQUE INDEX ON floor.inbox_item (id);

GRANT USAGE ON SCHEMA floor TO learningcity_app;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA floor TO learningcity_app;
