"""Settings that BI tools, drivers, dbt and profiles bring, and those that change what SQL means: no view may heed them.

Left out are those that limit or page a result (limit, offset, max_result_rows with break), which are meant to change
it, and enable_analyzer = 0, which our views cannot do with and servers from 26.9 on refuse.
"""

from engines.engine import EngineClient

#: Each with a value that is not ClickHouse's default.
SETTINGS: tuple[tuple[str, str], ...] = (
    # Tableau's connector, dbt and Looker; the SQL mode of ClickHouse's ODBC driver.
    ("join_use_nulls", "1"),
    ("aggregate_functions_null_for_empty", "1"),
    ("cast_keep_nullable", "1"),
    ("prefer_column_name_to_alias", "1"),
    ("union_default_mode", "DISTINCT"),
    ("except_default_mode", "DISTINCT"),
    ("intersect_default_mode", "DISTINCT"),
    ("session_timezone", "America/New_York"),
    ("date_time_input_format", "basic"),
    ("readonly", "1"),
    ("readonly", "2"),
    ("final", "1"),
    ("extremes", "1"),
    ("data_type_default_nullable", "1"),
    # Servers that were upgraded keep the behaviour of before.
    *(("compatibility", release) for release in ("24.3", "24.8", "25.3", "25.8", "25.12", "26.3")),
    # What NULL is.
    ("transform_null_in", "1"),
    ("group_by_use_nulls", "1"),
    ("empty_result_for_aggregation_by_empty_set", "1"),
    ("least_greatest_legacy_null_behavior", "1"),
    # What joins find.
    ("any_join_distinct_right_table_keys", "1"),
    ("join_any_take_last_row", "1"),
    ("join_default_strictness", "ANY"),
    ("join_default_strictness", ""),
    ("single_join_prefer_left_table", "0"),
    ("analyzer_compatibility_join_using_top_level_identifier", "1"),
    ("join_algorithm", "partial_merge"),
    ("join_algorithm", "full_sorting_merge"),
    ("join_algorithm", "grace_hash"),
    ("query_plan_join_swap_table", "true"),
    # What types and names come out.
    ("use_variant_as_common_type", "0"),
    ("enable_named_columns_in_function_tuple", "1"),
    ("enable_extended_results_for_datetime_functions", "1"),
    ("date_time_overflow_behavior", "throw"),
    ("enable_positional_arguments", "0"),
    ("count_distinct_implementation", "uniqCombined"),
    # In what order, in what pieces and by what plan it is computed.
    ("max_threads", "1"),
    ("max_block_size", "7"),
    ("max_joined_block_size_rows", "3"),
    ("do_not_merge_across_partitions_select_final", "1"),
    ("optimize_aggregation_in_order", "1"),
    ("optimize_functions_to_subcolumns", "0"),
    ("enable_optimize_predicate_expression", "0"),
    ("query_plan_enable_optimizations", "0"),
    ("short_circuit_function_evaluation", "disable"),
    ("short_circuit_function_evaluation", "force_enable"),
    ("enable_scalar_subquery_optimization", "0"),
    ("compile_expressions", "0"),
    ("convert_query_to_cnf", "1"),
)


def default_of(client: EngineClient, name: str) -> str | None:
    """The default of a setting in an engine; None if it has no such setting."""
    found = client.execute(
        "SELECT default FROM system.settings WHERE name = %(name)s", {"name": name}
    )
    return str(found[0][0]) if found else None
