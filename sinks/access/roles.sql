-- Every name begins with that of the database, so that two installations on one server do not meet. A grant replaces
-- what the role had before: what is not written here is not granted.
CREATE ROLE IF NOT EXISTS `{database}_writer`, `{database}_analyst`, `{database}_eraser`, `{database}_verifier`,
    `{database}_modeller`, `{database}_migrator`;

-- In whose name the views read the tables, and each other. Nobody can log in: no host is allowed, and no password has
-- this hash.
CREATE USER IF NOT EXISTS `{database}_views`
    IDENTIFIED WITH sha256_hash BY '0000000000000000000000000000000000000000000000000000000000000000' HOST NONE;

GRANT
    SELECT ON `{database}`.touches,
    SELECT ON `{database}`.order_events,
    SELECT, INSERT ON `{database}`.journeys,
    SELECT ON `{database}`.conversions,
    SELECT ON `{database}`.modelled_credits,
    SELECT ON `{database}`.current_conversions,
    SELECT ON `{database}`.sub_order_amounts,
    -- To count them; what is in them is for nobody's eyes.
    SELECT(topic, partition, reason, kafka_timestamp) ON `{database}`.dead_letters,
    SELECT ON `{database}`.progress
TO `{database}_views` WITH REPLACE OPTION;

-- Otherwise who inserts into touches would need the right to read them.
ALTER TABLE `{database}`.journey_entries MODIFY SQL SECURITY DEFINER DEFINER = `{database}_views`;

-- Workers, and `zhongcao doctor`, which asks for the migrations.
GRANT
    INSERT ON `{database}`.touches,
    INSERT ON `{database}`.order_events,
    INSERT ON `{database}`.journeys,
    INSERT ON `{database}`.conversions,
    INSERT ON `{database}`.dead_letters,
    INSERT ON `{database}`.progress,
    SELECT ON `{database}`.schema_migrations
TO `{database}_writer` WITH REPLACE OPTION;

-- `zhongcao forget`.
GRANT
    SELECT, ALTER DELETE ON `{database}`.touches,
    SELECT, ALTER DELETE ON `{database}`.order_events,
    SELECT, ALTER DELETE ON `{database}`.journeys,
    SELECT, ALTER DELETE ON `{database}`.conversions,
    SELECT, ALTER DELETE ON `{database}`.dead_letters,
    SELECT ON `{database}`.schema_migrations,
    SELECT ON system.mutations
TO `{database}_eraser` WITH REPLACE OPTION;

-- `zhongcao attribute`.
GRANT
    SELECT ON `{database}`.current_touches,
    SELECT ON `{database}`.current_conversions,
    SELECT ON `{database}`.conversions_with_amounts,
    SELECT, INSERT ON `{database}`.modelled_credits,
    SELECT ON `{database}`.schema_migrations
TO `{database}_modeller` WITH REPLACE OPTION;

-- `zhongcao verify`, and people who look into dead letters.
GRANT
    SELECT ON `{database}`.touches,
    SELECT ON `{database}`.order_events,
    SELECT ON `{database}`.journeys,
    SELECT ON `{database}`.conversions,
    SELECT ON `{database}`.dead_letters,
    SELECT ON `{database}`.progress,
    SELECT ON `{database}`.modelled_credits,
    SELECT ON `{database}`.schema_migrations,
    SELECT ON `{database}`.current_touches,
    SELECT ON `{database}`.current_order_events,
    SELECT ON `{database}`.current_journeys,
    SELECT ON `{database}`.current_conversions,
    SELECT ON `{database}`.current_dead_letters,
    SELECT ON `{database}`.sub_order_amounts,
    SELECT ON `{database}`.conversions_with_amounts,
    SELECT ON `{database}`.conversion_versions,
    SELECT ON `{database}`.current_modelled_credits,
    SELECT ON `{database}`.coverage,
    SELECT ON `{database}`.dead_letters_by_day,
    SELECT ON `{database}`.current_progress,
    SELECT ON `{database}`.freshness,
    SELECT ON `{database}`.attribution_credits,
    SELECT ON `{database}`.attribution,
    SELECT ON `{database}`.journey_steps,
    SELECT ON `{database}`.funnel,
    SELECT ON `{database}`.credits_by_model,
    SELECT ON `{database}`.order_paths,
    SELECT ON `{database}`.paths,
    SELECT ON `{database}`.time_to_purchase,
    SELECT ON `{database}`.direct_and_halo,
    SELECT ON `{database}`.explain,
    SELECT ON `{database}`.reconciliation,
    SELECT ON `{database}`.bridge
TO `{database}_verifier` WITH REPLACE OPTION;

-- `zhongcao migrate`, without --with-access, which is for administrators.
GRANT
    CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP VIEW, ALTER, SELECT, INSERT ON `{database}`.*
TO `{database}_migrator` WITH REPLACE OPTION;
