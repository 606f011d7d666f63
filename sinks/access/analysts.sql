-- The header of a view's file in sinks/views says who sees it, and which column has the brand.
--
-- Analysts have rights on views only. A view reads the tables in the name of its owner, and the row policies of the view
-- itself are those of whoever asks. Policies are bound to roles and never to currentUser(), which a client of the native
-- protocol can pretend. They come before the grants: what is granted is closed already.

-- With a policy of their own, analysts see no more than it lets them, whatever users_without_row_policies_can_read_rows
-- says. The policies of their brands are added to it.
CREATE ROW POLICY IF NOT EXISTS `{database}_no_brand`
ON {{ with_brand | here }}
USING 0 TO `{database}_analyst`;

ALTER ROW POLICY `{database}_no_brand`
ON {{ with_brand | here }}
USING 0 AS PERMISSIVE TO `{database}_analyst`;

-- For everybody else a view is what it was: what they see is a matter of grants.
CREATE ROW POLICY IF NOT EXISTS `{database}_no_analyst`
ON {{ with_brand | here }}
USING 1 TO ALL EXCEPT `{database}_analyst`;

ALTER ROW POLICY `{database}_no_analyst`
ON {{ with_brand | here }}
USING 1 AS PERMISSIVE TO ALL EXCEPT `{database}_analyst`;

{% for view in owned %}
ALTER TABLE `{database}`.{{ view }} MODIFY SQL SECURITY DEFINER DEFINER = `{database}_views`;
{% endfor %}

-- Limits are an operator's to tune (ALTER SETTINGS PROFILE, ALTER QUOTA): they are made once and then left as they are.
-- With readonly = 1 nothing can be set. The rest of each line holds where an operator raises that to 2 for a BI tool;
-- 0 would mean no limit, so each has a least value as well.
CREATE SETTINGS PROFILE IF NOT EXISTS `{database}_analyst` SETTINGS
    readonly = 1 READONLY,
    allow_experimental_analyzer = 1 READONLY,
    additional_table_filters READONLY,
    log_queries = 1 READONLY,
    max_execution_time = 60 MIN 1 MAX 60,
    max_memory_usage = 4000000000 MIN 1 MAX 4000000000,
    max_memory_usage_for_user = 8000000000 MIN 1 MAX 8000000000,
    max_temporary_data_on_disk_size_for_user = 10000000000 MIN 1 MAX 10000000000,
    max_concurrent_queries_for_user = 8 MIN 1 MAX 8,
    max_threads = 4 MIN 1 MAX 4,
    max_rows_to_read = 5000000000 MIN 1 MAX 5000000000,
    max_result_rows = 1000000 MIN 1 MAX 1000000,
    max_result_bytes = 1000000000 MIN 1 MAX 1000000000
TO `{database}_analyst`;

CREATE QUOTA IF NOT EXISTS `{database}_analyst` KEYED BY user_name
    FOR INTERVAL 1 hour MAX queries = 2000, execution_time = 3600
TO `{database}_analyst`;

-- What views with parameters show is what those that they read show.
GRANT
    {% for view in seen_by("analyst") %}
    SELECT ON `{database}`.{{ view }}{{ "," if not loop.last }}
    {% endfor %}
TO `{database}_analyst` WITH REPLACE OPTION;
