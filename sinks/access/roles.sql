-- Every name begins with that of the database, so that two installations on one server do not meet. A grant replaces
-- what the role had before: what is not written here is not granted.
CREATE ROLE IF NOT EXISTS `{database}_writer`, `{database}_analyst`, `{database}_eraser`, `{database}_verifier`,
    `{database}_modeller`, `{database}_rebuilder`, `{database}_migrator`;

-- In whose name the views read the tables, and each other. Nobody can log in: no host is allowed, and no password has
-- this hash.
CREATE USER IF NOT EXISTS `{database}_views`
    IDENTIFIED WITH sha256_hash BY '0000000000000000000000000000000000000000000000000000000000000000' HOST NONE;

GRANT
    {% for name in read_by_owned %}
    {% if name == "dead_letters" %}
    -- To count them; what is in them is for nobody's eyes.
    SELECT(topic, reason, message_hash, kafka_timestamp) ON `{database}`.dead_letters,
    {% else %}
    SELECT ON `{database}`.{{ name }},
    {% endif %}
    {% endfor %}
    {% for table in fed %}
    INSERT ON `{database}`.{{ table }}{{ "," if not loop.last }}
    {% endfor %}
TO `{database}_views` WITH REPLACE OPTION;

-- Otherwise who inserts into touches would need the right to read them.
{% for view in materialized %}
ALTER TABLE `{database}`.{{ view }} MODIFY SQL SECURITY DEFINER DEFINER = `{database}_views`;
{% endfor %}

{% set schema %}
SELECT ON `{database}`.schema_migrations,
    SELECT ON `{database}`.schema_views,
    SHOW TABLES, SHOW COLUMNS ON `{database}`.*
{%- endset %}
-- Workers, and `zhongcao doctor`, which compares tables and views with what they must be.
GRANT
    INSERT ON `{database}`.touches,
    INSERT ON `{database}`.order_events,
    INSERT ON `{database}`.journeys,
    INSERT ON `{database}`.conversions,
    INSERT ON `{database}`.dead_letters,
    INSERT ON `{database}`.progress,
    {{ schema }}
TO `{database}_writer` WITH REPLACE OPTION;

-- `zhongcao forget`.
GRANT
    SELECT, ALTER DELETE ON `{database}`.touches,
    SELECT, ALTER DELETE ON `{database}`.clicks,
    SELECT, ALTER DELETE ON `{database}`.order_events,
    SELECT, ALTER DELETE ON `{database}`.journeys,
    SELECT, ALTER DELETE ON `{database}`.conversions,
    SELECT, ALTER DELETE ON `{database}`.dead_letters,
    {{ schema }},
    SELECT ON system.mutations
TO `{database}_eraser` WITH REPLACE OPTION;

-- `zhongcao attribute`.
GRANT
    {% for view in seen_by("modeller") %}
    SELECT ON `{database}`.{{ view }},
    {% endfor %}
    SELECT, INSERT ON `{database}`.modelled_credits,
    {{ schema }}
TO `{database}_modeller` WITH REPLACE OPTION;

-- `zhongcao rebuild`; with the rights of an eraser it takes back what it wrote of users who are forgotten meanwhile.
GRANT
    SELECT ON `{database}`.touches,
    SELECT ON `{database}`.order_events,
    SELECT ON `{database}`.progress,
    SELECT, INSERT ON `{database}`.rebuilds,
    INSERT ON `{database}`.journeys,
    SELECT(lookback_days), INSERT ON `{database}`.conversions,
    {{ schema }}
TO `{database}_rebuilder` WITH REPLACE OPTION;

-- `zhongcao verify`, and people who look into dead letters.
GRANT
    SELECT ON `{database}`.touches,
    SELECT ON `{database}`.clicks,
    SELECT ON `{database}`.order_events,
    SELECT ON `{database}`.journeys,
    SELECT ON `{database}`.conversions,
    SELECT ON `{database}`.dead_letters,
    SELECT ON `{database}`.progress,
    SELECT ON `{database}`.rebuilds,
    SELECT ON `{database}`.modelled_credits,
    {{ schema }},
    {% for view in readable %}
    SELECT ON `{database}`.{{ view }}{{ "," if not loop.last }}
    {% endfor %}
TO `{database}_verifier` WITH REPLACE OPTION;

-- `zhongcao migrate`, without --with-access, which is for administrators.
GRANT
    CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP VIEW, ALTER, SELECT, INSERT ON `{database}`.*,
    -- A materialized view is replaced by exchanging its name with that of another.
    {% for view in materialized %}
    DROP TABLE ON `{database}`.{{ view }},
    DROP TABLE ON `{database}`.{{ view }}{{ next }},
    {% endfor %}
    -- What says that somebody is changing tables.
    DROP TABLE ON `{database}`.{{ lock }},
    -- A table gets its new form by the same exchange, from one beside it.
    {% for name in exchanged %}
    DROP TABLE ON `{database}`.{{ name }},
    {% endfor %}
    -- A view that is replaced stays with its owner.
    SET DEFINER ON `{database}_views`
TO `{database}_migrator` WITH REPLACE OPTION;
