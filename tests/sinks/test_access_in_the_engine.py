"""What ClickHouse's engine lets each role do, with the rights that the generated statements give it."""

from pathlib import Path

import pytest
from engine_roles import Engine

from sinks.access.apply import statements
from sinks.differences import NEXT, owner_of_views
from sinks.found import CREATE_HISTORY, CREATE_VIEW_HISTORY, Stored
from sinks.quoting import literal
from sinks.schema import load_schema

DATABASE = "notes"
TABLES = ("touches", "order_events", "journeys", "conversions", "dead_letters")
VIEWS = (
    *("current_touches", "current_order_events", "current_journeys", "current_conversions"),
    *("sub_order_amounts", "conversions_with_amounts", "conversion_versions", "conflicting_ids"),
    "current_modelled_credits",
    "attribution_credits(model = 'last', lookback_days = 0)",
    "attribution(model = 'last', lookback_days = 0)",
    *(
        f"{view}(lookback_days = 0)"
        for view in (
            *("credits_by_model", "order_paths", "paths"),
            *("time_to_purchase", "direct_and_halo"),
        )
    ),
    *(f"{view}(window_days = 0)" for view in ("journey_steps", "funnel")),
    "sales(lookback_days = 0, since = '2025-06-01', until = '2025-06-30')",
    "bridge(model = 'last', lookback_days = 0, platform_days = 0, platform_day = 'payment',"
    " since = '2025-06-01', until = '2025-06-30')",
)
#: Nothing is wrong with the ids here.
WITH_ROWS = [view for view in VIEWS if view != "conflicting_ids"]
ACCESS_DENIED, CONSTRAINT_VIOLATION, READ_ONLY = 497, 452, 164
TOO_MANY_ROWS = 396

USE = f"USE {DATABASE}"
SETTINGS = "SETTINGS async_insert = 0, insert_deduplicate = 0, max_partitions_per_insert_block = 0"
AT = "'2025-06-17 12:00:00'"


def inserts(brand: str) -> list[str]:
    """One row of each fact."""
    return [
        f"INSERT INTO touches (brand_id, note_id, kind, user_id, occurred_at) {SETTINGS}"
        f" VALUES ('{brand}', 'n', 'view', 'u', {AT})",
        f"INSERT INTO order_events (kind, brand_id, sub_order_id, txn_id, amount_fen, occurred_at)"
        f" VALUES ('PAY', '{brand}', 's-{brand}', 't-{brand}', 5, {AT})",
        "INSERT INTO conversions (brand_id, sub_order_id, paid_at, path.occurred_at, path.kind, path.note_id,"
        f" path.item_id, path.click_id, version)"
        f" VALUES ('{brand}', 's-{brand}', {AT}, [{AT}], ['view'], ['n'], [''], [''], 1)",
        "INSERT INTO dead_letters (topic, partition, offset, reason, key)"
        f" VALUES ('note-views', 0, {ord(brand[-1])}, 'undecodable', '{brand}')",
    ]


def modelled(brand: str) -> str:
    """One run of `zhongcao attribute`."""
    return (
        "INSERT INTO modelled_credits (brand_id, model, dimension, lookback_days, computed_at, `credits.channel`,"
        " `credits.removal_effect`, `credits.sub_orders`, `credits.gross_fen`, `credits.refunded_fen`)"
        f" VALUES ('{brand}', 'markov', 'note', 30, {AT}, ['n'], [1], [1], [5], [0])"
    )


def migrations() -> list[str]:
    """Every statement of `zhongcao migrate`."""
    schema = load_schema()
    numbered = [each for migration in schema.migrations for each in migration.statements]
    views = [view.statement(DATABASE, schema.names) for view in schema.views]
    noted = [CREATE_HISTORY, CREATE_VIEW_HISTORY]
    return [f"CREATE DATABASE IF NOT EXISTS {DATABASE}", USE, *noted, *numbered, *views]


def migrated(folder: Path) -> Engine:
    """A database with all tables, and views in the name of their owner."""
    engine = Engine(folder, DATABASE)
    owned = [each for each in statements(DATABASE) if "ALTER TABLE" in each]
    assert set(engine.as_admin(*migrations(), *owned)) == {""}
    return engine


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """One with rows of two brands from a writer."""
    engine = migrated(tmp_path_factory.mktemp("engine"))
    assert set(engine.as_role("writer", USE, *inserts("b1"), *inserts("b2"))) == {""}
    assert set(engine.as_role("modeller", USE, modelled("b1"), modelled("b2"))) == {""}
    return engine


def test_the_materialized_view_works_for_the_writer(engine: Engine) -> None:
    asked = engine.as_admin(f"SELECT brand_id FROM {DATABASE}.journeys ORDER BY 1")
    assert asked == ["b1\nb2"]


def test_settings_of_an_insert_reach_the_materialized_view(tmp_path: Path) -> None:
    engine = migrated(tmp_path)
    # The server refuses blocks of more than 100 partitions unless told otherwise.
    months = (
        f"INSERT INTO touches (brand_id, note_id, kind, user_id, occurred_at) {SETTINGS}"
        " SELECT 'b', 'n', 'view', 'u', toDateTime('2000-01-15 00:00:00') + toIntervalMonth(number)"
        " FROM numbers(101)"
    )
    assert engine.as_role("writer", USE, months) == ["", ""]
    assert engine.as_admin(f"SELECT count() FROM {DATABASE}.journeys") == ["101"]


def test_a_writer_pings_and_is_told_the_migrations_and_can_do_nothing_else(engine: Engine) -> None:
    here = f"WHERE database = '{DATABASE}'"
    shown = f"SELECT count() FROM system.tables {here} AND create_table_query != ''"
    columns = f"SELECT count() > 200 FROM system.columns {here}"
    history = [f"SELECT count() FROM {name}" for name in ("schema_migrations", "schema_views")]
    told = engine.as_role("writer", "SELECT 1", shown, columns, USE, *history)
    assert told == ["1", str(len(load_schema().names) + 2), "1", "", "0", "0"]
    refused = [f"SELECT count() FROM {name}" for name in (*TABLES, *VIEWS)]
    refused += [f"TRUNCATE TABLE {table}" for table in TABLES]
    refused += [
        "ALTER TABLE touches DELETE WHERE 1",
        "DROP TABLE touches",
        modelled("b1"),
        "CREATE TABLE other (n Int8) ENGINE = Memory",
        "INSERT INTO schema_migrations (name) VALUES ('x')",
        "SELECT * FROM url('http://127.0.0.1:1', CSV, 'a String')",
    ]
    told = engine.as_role("writer", USE, *refused)
    assert set(told[1:]) == {ACCESS_DENIED}


@pytest.mark.parametrize(
    ("brands", "seen"), [([], ""), (["b1"], "b1"), (["b2"], "b2"), (["b1", "b2"], "b1\nb2")]
)
def test_an_analyst_sees_the_brands_that_were_given(
    engine: Engine, brands: list[str], seen: str
) -> None:
    queries = [f"SELECT DISTINCT brand_id FROM {view} ORDER BY 1" for view in WITH_ROWS]
    told = engine.as_role("analyst", USE, *queries, brands=brands, readonly="1")
    assert told[1:] == [seen] * len(WITH_ROWS)


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("SELECT count() FROM current_touches WHERE brand_id = 'b2'", "0"),
        ("SELECT sum(net_fen) FROM sub_order_amounts", "5"),
        ("SELECT count() FROM explain(sub_order_id = 's-b2', lookback_days = 0)", "0"),
        (
            "SELECT DISTINCT brand_id FROM reconciliation(lookback_days = 0) WHERE brand_id != ''",
            "b1",
        ),
        (f"SELECT count() FROM merge('{DATABASE}', '^current_touches$')", "1"),
        # A row that is not shown would raise an error, if it were looked at before it is left out.
        ("SELECT count() FROM current_touches WHERE throwIf(brand_id = 'b2') = 0", "1"),
        ("SELECT count() FROM conversions_with_amounts WHERE throwIf(brand_id = 'b2') = 0", "1"),
    ],
)
@pytest.mark.parametrize(
    "settings",
    ["", "query_plan_enable_optimizations = 0", "short_circuit_function_evaluation = 'disable'"],
)
def test_an_analyst_finds_out_nothing_about_others(
    engine: Engine, query: str, seen: str, settings: str
) -> None:
    readonly = "2" if settings else "1"
    query += f" SETTINGS {settings}" if settings else ""
    assert engine.as_role("analyst", USE, query, brands=["b1"], readonly=readonly) == ["", seen]


def test_what_is_read_is_found_by_the_brand(engine: Engine) -> None:
    # conflicting_ids asks whether an id came under several brands, so it must read them all.
    views = WITH_ROWS
    queries = [f"EXPLAIN indexes = 1 SELECT * FROM {view}" for view in views]
    plans = engine.as_role("analyst", USE, *queries, brands=["b1"], readonly="1")[1:]
    # Orders that name a click are few, and found by an index of their own.
    found = (r"(brand_id in [\'b1\', \'b1\'])", "Name: named_clicks")
    for view, plan in zip(views, map(str, plans), strict=True):
        _, *reads = plan.split("ReadFromMergeTree")
        assert reads, view
        assert all(any(each in read for each in found) for read in reads), view


def test_an_analyst_reads_no_table_and_no_dead_letters_and_changes_nothing(engine: Engine) -> None:
    refused = [f"SELECT count() FROM {name}" for name in (*TABLES, "current_dead_letters")]
    refused += [*inserts("b1"), modelled("b1"), "SELECT count() FROM modelled_credits"]
    refused += ["ALTER TABLE touches DELETE WHERE 1", "DROP VIEW current_touches"]
    refused += ["CREATE TABLE other (n Int8) ENGINE = Memory", "CREATE DATABASE mine"]
    for readonly, codes in (("0", {ACCESS_DENIED}), ("1", {ACCESS_DENIED, READ_ONLY})):
        told = engine.as_role("analyst", USE, *refused, brands=["b1"], readonly=readonly)
        assert set(told[1:]) == codes


@pytest.mark.parametrize("readonly", ["1", "2"])
def test_an_analyst_cannot_raise_a_limit(engine: Engine, readonly: str) -> None:
    settings = ["max_execution_time = 61", "max_execution_time = 0", "max_memory_usage = 0"]
    settings += ["max_rows_to_read = 0", "max_threads = 5", "max_result_rows = 0"]
    settings += ["readonly = 0", "log_queries = 0", "allow_experimental_analyzer = 0"]
    settings += ["additional_table_filters = {'touches': 'throwIf(1) = 0'}"]
    queries = [f"SET {each}" for each in settings] + [
        f"SELECT 1 SETTINGS {each}" for each in settings
    ]
    told = engine.as_role("analyst", *queries, readonly=readonly)
    assert set(told) <= {CONSTRAINT_VIOLATION, READ_ONLY}


def test_limits_may_be_lowered_where_an_operator_lets_tools_set_them(engine: Engine) -> None:
    assert engine.as_role("analyst", "SELECT 1 SETTINGS max_threads = 2", readonly="2") == ["1"]


def test_dashboards_may_send_their_settings_there(engine: Engine) -> None:
    """Those of docs/dashboards.md: the data source's own, and the time that its client adds."""
    query = "SELECT 1 SETTINGS readonly = 2, max_execution_time = 55"
    assert engine.as_role("analyst", query, readonly="2") == ["1"]
    assert engine.as_role("analyst", query, readonly="1") == [READ_ONLY]


def test_a_query_that_returns_too_much_is_stopped(engine: Engine) -> None:
    told = engine.as_role("analyst", "SELECT * FROM numbers(1000001)", readonly="1")
    assert told == [TOO_MANY_ROWS]


def test_an_eraser_removes_a_person_from_every_table(engine: Engine) -> None:
    keyed = [table for table in TABLES if table != "dead_letters"]
    queries = [f"ALTER TABLE {table} DELETE WHERE user_id = 'x'" for table in keyed]
    queries += ["ALTER TABLE dead_letters DELETE WHERE key = 'x'"]
    queries += ["ALTER TABLE clicks DELETE WHERE user_id = 'x'"]
    queries += [f"SELECT count() FROM {table}" for table in TABLES]
    queries += ["SELECT countIf(is_done = 0) < 99 FROM system.mutations"]
    told = engine.as_role("eraser", USE, *queries)
    assert told[1:] == [""] * 6 + ["2"] * 5 + ["1"]
    refused = [
        "DROP TABLE touches",
        *inserts("b1"),
        "ALTER TABLE touches UPDATE item_id = '' WHERE 1",
    ]
    assert set(engine.as_role("eraser", USE, *refused)[1:]) == {ACCESS_DENIED}


def test_a_rebuilder_reads_facts_and_writes_rows(engine: Engine) -> None:
    read = ("touches", "order_events", "progress", "rebuilds")
    queries = [f"SELECT count() FROM {table} FINAL" for table in read]
    queries += ["SELECT max(lookback_days) FROM conversions"]
    queries += [
        f"INSERT INTO {table} ({column}) SELECT 'x' WHERE 0"
        for table, column in (
            *(("rebuilds", "rebuild_id"), ("journeys", "brand_id"), ("conversions", "brand_id")),
        )
    ]
    told = engine.as_role("rebuilder", USE, *queries)
    assert ACCESS_DENIED not in told
    refused = (
        *("SELECT * FROM conversions", "SELECT * FROM dead_letters", "SELECT * FROM clicks"),
        *("ALTER TABLE touches DELETE WHERE 1", "INSERT INTO touches (brand_id) VALUES ('b1')"),
    )
    assert set(engine.as_role("rebuilder", USE, *refused)[1:]) == {ACCESS_DENIED}


def test_a_modeller_reads_paths_and_writes_credits(engine: Engine) -> None:
    read = (
        "current_touches",
        "current_conversions",
        "conversions_with_amounts",
        "modelled_credits",
    )
    told = engine.as_role("modeller", USE, *(f"SELECT count() FROM {name}" for name in read))
    assert told[1:] == ["2"] * len(read)
    refused = [f"SELECT count() FROM {name}" for name in (*TABLES, "current_journeys")]
    refused += [*inserts("b1"), "ALTER TABLE modelled_credits DELETE WHERE 1"]
    assert set(engine.as_role("modeller", USE, *refused)[1:]) == {ACCESS_DENIED}


def test_a_verifier_reads_everything_and_works_in_databases_of_its_own(engine: Engine) -> None:
    scratch = f"{DATABASE}_verify_1"
    queries = [f"SELECT count() FROM {name}" for name in (*TABLES, "current_dead_letters")]
    queries += [f"SELECT uniqExact(brand_id) FROM {view}" for view in WITH_ROWS]
    queries += [
        f"CREATE DATABASE {scratch}",
        f"CREATE TABLE {scratch}.touches AS touches",
        f"INSERT INTO {scratch}.touches SELECT * FROM touches",
        f"SELECT count() FROM {scratch}.touches",
        f"CREATE VIEW {scratch}.of_users AS SELECT * FROM {scratch}.touches",
        f"CREATE OR REPLACE VIEW {scratch}.of_users AS SELECT 1",
        f"DROP TABLE {scratch}.touches",
        f"DROP DATABASE {scratch}",
    ]
    told = engine.as_role("verifier", USE, *queries)
    assert told[1:] == ["2"] * (len(TABLES) + len(WITH_ROWS) + 1) + [
        "",
        "",
        "",
        "2",
        "",
        "",
        "",
        "",
    ]
    refused = ["CREATE DATABASE other", f"DROP DATABASE {DATABASE}", *inserts("b1")]
    assert set(engine.as_role("verifier", USE, *refused)[1:]) == {ACCESS_DENIED}


def test_the_owner_of_a_view_is_no_difference(engine: Engine) -> None:
    schema = load_schema()
    for view in schema.views:
        if view.invoker:
            continue
        kept = (
            "SELECT formatQuery(create_table_query) FROM system.tables"
            f" WHERE database = '{DATABASE}' AND name = '{view.name}' FORMAT TSVRaw"
        )
        wanted = literal(view.statement(DATABASE, schema.names))
        told, text = engine.as_admin(kept, f"SELECT formatQuery({wanted}) FORMAT TSVRaw")
        stored = Stored(str(told), "", {})
        assert stored.text == text
        owned = view.seen_by or view.target
        assert stored.owner == (owner_of_views(DATABASE) if owned else ""), view.name


def test_a_migrator_migrates(tmp_path: Path) -> None:
    engine = Engine(tmp_path, DATABASE)
    recorded = "INSERT INTO schema_migrations (name, checksum) VALUES ('a', 'b')"
    assert set(engine.as_role("migrator", *migrations(), recorded)) == {""}
    schema = load_schema()
    [owned] = [view for view in schema.views if view.name == "current_touches"]
    [fed] = [view for view in schema.views if view.name == "journey_entries"]
    new = {fed.name: f"{fed.name}{NEXT}"}
    owner = owner_of_views(DATABASE)
    replaced = [
        owned.statement(DATABASE, schema.names, owner).replace("CREATE", "CREATE OR REPLACE", 1),
        fed.statement(DATABASE, schema.names, owner, new),
        f"EXCHANGE TABLES {fed.name}{NEXT} AND {fed.name}",
        f"DROP VIEW {fed.name}{NEXT}",
    ]
    assert set(engine.as_role("migrator", USE, *replaced)) == {""}
    refused = ["CREATE DATABASE other", "CREATE ROLE r", f"DROP DATABASE {DATABASE}"]
    assert set(engine.as_role("migrator", *refused)) == {ACCESS_DENIED}
