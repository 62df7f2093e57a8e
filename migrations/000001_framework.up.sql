-- A framework is one version of a set of indicators. Its five tables hold no
-- city's data, so every signed-in person may read them.

-- Whether a text is stored the way all text is: composed (NFC) and not blank.
CREATE FUNCTION is_text(t text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN t IS NFC NORMALIZED AND t !~ '^\s*$';

CREATE TABLE framework (
    id          bigint GENERATED ALWAYS AS IDENTITY,
    code        text NOT NULL,
    version     text NOT NULL,
    title_vi    text NOT NULL,
    title_en    text NOT NULL,
    note_vi     text NOT NULL,
    note_en     text NOT NULL,
    content_sha256 bytea NOT NULL, -- of all that the version says; tells an import that nothing changed
    imported_at timestamptz NOT NULL,
    CONSTRAINT framework_pkey PRIMARY KEY (id),
    CONSTRAINT framework_version_once UNIQUE (code, version),
    CONSTRAINT framework_title_is_text CHECK (is_text(title_vi) AND is_text(title_en))
);

-- "group" is a reserved word.
CREATE TABLE indicator_group (
    id           bigint GENERATED ALWAYS AS IDENTITY,
    framework_id bigint NOT NULL,
    code         text NOT NULL,
    position     integer NOT NULL,
    title_vi     text NOT NULL,
    title_en     text NOT NULL,
    CONSTRAINT indicator_group_pkey PRIMARY KEY (id),
    CONSTRAINT indicator_group_framework_fkey FOREIGN KEY (framework_id) REFERENCES framework ON DELETE CASCADE,
    CONSTRAINT indicator_group_code_once UNIQUE (framework_id, code),
    CONSTRAINT indicator_group_position_once UNIQUE (framework_id, position),
    CONSTRAINT indicator_group_of_framework UNIQUE (framework_id, id),
    CONSTRAINT indicator_group_title_is_text CHECK (is_text(title_vi) AND is_text(title_en))
);

CREATE TABLE area (
    id           bigint GENERATED ALWAYS AS IDENTITY,
    framework_id bigint NOT NULL,
    group_id     bigint NOT NULL,
    code         text NOT NULL,
    position     integer NOT NULL,
    title_vi     text NOT NULL,
    title_en     text NOT NULL,
    CONSTRAINT area_pkey PRIMARY KEY (id),
    CONSTRAINT area_group_fkey FOREIGN KEY (framework_id, group_id)
        REFERENCES indicator_group (framework_id, id) ON DELETE CASCADE,
    CONSTRAINT area_code_once UNIQUE (framework_id, code),
    CONSTRAINT area_position_once UNIQUE (framework_id, position),
    CONSTRAINT area_of_framework UNIQUE (framework_id, id),
    CONSTRAINT area_title_is_text CHECK (is_text(title_vi) AND is_text(title_en))
);

CREATE TABLE feature (
    id           bigint GENERATED ALWAYS AS IDENTITY,
    framework_id bigint NOT NULL,
    area_id      bigint NOT NULL,
    code         text NOT NULL,
    position     integer NOT NULL,
    title_vi     text NOT NULL,
    title_en     text NOT NULL,
    CONSTRAINT feature_pkey PRIMARY KEY (id),
    CONSTRAINT feature_area_fkey FOREIGN KEY (framework_id, area_id)
        REFERENCES area (framework_id, id) ON DELETE CASCADE,
    CONSTRAINT feature_code_once UNIQUE (framework_id, code),
    CONSTRAINT feature_position_once UNIQUE (framework_id, position),
    CONSTRAINT feature_of_framework UNIQUE (framework_id, id),
    CONSTRAINT feature_title_is_text CHECK (is_text(title_vi) AND is_text(title_en))
);

CREATE TABLE indicator (
    id           bigint GENERATED ALWAYS AS IDENTITY,
    framework_id bigint NOT NULL,
    feature_id   bigint NOT NULL,
    code         text NOT NULL,
    position     integer NOT NULL,
    title_vi     text NOT NULL,
    title_en     text NOT NULL,
    question_vi  text NOT NULL,
    question_en  text NOT NULL,
    kind         text NOT NULL,
    source       text NOT NULL,
    unit         text, -- unit of measure
    better       text,
    lead_department_vi text NOT NULL,
    lead_department_en text NOT NULL,
    evidence_vi  text[] NOT NULL,
    evidence_en  text[] NOT NULL,
    CONSTRAINT indicator_pkey PRIMARY KEY (id),
    CONSTRAINT indicator_feature_fkey FOREIGN KEY (framework_id, feature_id)
        REFERENCES feature (framework_id, id) ON DELETE CASCADE,
    CONSTRAINT indicator_code_once UNIQUE (framework_id, code),
    CONSTRAINT indicator_position_once UNIQUE (framework_id, position),
    CONSTRAINT indicator_of_framework UNIQUE (framework_id, id),
    CONSTRAINT indicator_title_is_text CHECK (is_text(title_vi) AND is_text(title_en)),
    CONSTRAINT indicator_question_is_text CHECK (is_text(question_vi) AND is_text(question_en)),
    CONSTRAINT indicator_kind_known CHECK (kind IN ('quantitative', 'qualitative')),
    CONSTRAINT indicator_source_known CHECK (source IN ('official_data', 'survey', 'expert_review')),
    CONSTRAINT indicator_unit_known CHECK (unit IN ('percent', 'ratio', 'count', 'count_per_100k',
        'kg_per_capita', 'tonnes_per_capita', 'vnd_per_capita', 'years')),
    CONSTRAINT indicator_better_known CHECK (better IN ('higher', 'lower')),
    CONSTRAINT indicator_measured_when_quantitative CHECK (
        (kind = 'quantitative') = (unit IS NOT NULL) AND (kind = 'quantitative') = (better IS NOT NULL)),
    CONSTRAINT indicator_evidence_in_both_languages CHECK (cardinality(evidence_vi) = cardinality(evidence_en))
);

-- A feature, area or group is looked up with its indicators in one go, by
-- framework; the unique indexes above serve that.
GRANT SELECT ON framework, indicator_group, area, feature, indicator TO learningcity_app;
