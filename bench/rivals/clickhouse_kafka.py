"""ClickHouse alone, as chDB: Kafka engine tables into MergeTree by materialized views, and the join at query time.

Nothing is joined while events come in; the one query at the end joins all of them, and whoever asks again pays again.
Values are decoded by ClickHouse's `AvroConfluent` format, which asks a stub of a schema registry once per schema id.
The rows do not depend on the order of events, and are all right. Kafka's records may come twice after a failure, which
MergeTree would keep; here nothing fails.
"""

# mypy: disable-error-code="import-not-found"
import time

from contest import (
    CLICKS,
    KINDS,
    PROGRESS_S,
    PURCHASES,
    SAVES,
    VIEWS,
    Progress,
    Task,
    cannot_run,
    packages_of,
    schema_registry,
)

with packages_of("clickhouse_kafka"):
    from chdb.session import Session

COMMON = "user_id String, brand_id String, occurred_at Int64"
#: Fields of a topic that are read beside the common ones, and the expression of the stored kind.
FIELDS = {
    VIEWS: ("note_id String", f"'{KINDS[VIEWS]}'"),
    SAVES: ("note_id String, action String", f"if(action = 'SAVE', '{KINDS[SAVES]}', '')"),
    CLICKS: ("note_id String", f"'{KINDS[CLICKS]}'"),
    PURCHASES: ("sub_order_id String, kind String", "kind"),
}

STORED = f"""
CREATE TABLE drain.{{table}} ({COMMON}, {{name}} String, kind LowCardinality(String))
ENGINE = MergeTree ORDER BY (user_id, brand_id, occurred_at)
"""

QUEUE = f"""
CREATE TABLE IF NOT EXISTS drain.`{{source}}` ({COMMON}, {{fields}}) ENGINE = Kafka SETTINGS
  kafka_broker_list = '{{broker}}', kafka_topic_list = '{{topic}}', kafka_group_name = 'clickhouse-{{topic}}',
  kafka_format = 'AvroConfluent', format_avro_schema_registry_url = '{{registry}}',
  kafka_max_block_size = 65536, kafka_flush_interval_ms = 1000
"""

VIEW = """
CREATE MATERIALIZED VIEW drain.`{source} stored` TO drain.{table} AS
SELECT user_id, brand_id, occurred_at, {name}, {kind} AS kind FROM drain.`{source}`
"""

COUNT = "SELECT (SELECT count() FROM drain.touches) + (SELECT count() FROM drain.purchases)"

JOIN = """
SELECT p.sub_order_id AS sub_order_id, t.kind AS kind, t.note_id AS note_id, t.occurred_at AS occurred_at
FROM (SELECT * FROM drain.purchases WHERE kind = 'PAY') AS p
LEFT JOIN (SELECT * FROM drain.touches WHERE kind != '') AS t
ON p.user_id = t.user_id AND p.brand_id = t.brand_id
AND t.occurred_at >= p.occurred_at - {lookback_ms} AND t.occurred_at <= p.occurred_at
INTO OUTFILE '{file}' TRUNCATE FORMAT CSVWithNames
SETTINGS join_use_nulls = 1, format_csv_null_representation = ''
"""


def create_tables(session: Session, task: Task, registry: str) -> None:
    [engines] = str(
        session.query("SELECT count() FROM system.table_engines WHERE name = 'Kafka'")
    ).split()
    if engines == "0":
        cannot_run("clickhouse_kafka cannot run here: this chDB is built without the Kafka engine.")
    session.query("CREATE DATABASE drain")
    session.query(STORED.format(table="touches", name="note_id"))
    session.query(STORED.format(table="purchases", name="sub_order_id"))
    for source, (fields, kind) in FIELDS.items():
        purchases = source == PURCHASES
        try:
            session.query(
                QUEUE.format(
                    source=source,
                    fields=fields,
                    broker=task.broker,
                    topic=task.topics[source],
                    registry=registry,
                )
            )
        except RuntimeError as error:
            # chDB says so of Kafka tables that it has made all the same, and that work.
            if "Shutdown was called" not in str(error):
                raise
        session.query(
            VIEW.format(
                source=source,
                kind=kind,
                table="purchases" if purchases else "touches",
                name="sub_order_id" if purchases else "note_id",
            )
        )


def main() -> None:
    task = Task.given()
    session = Session(str(task.folder / "clickhouse"))
    with Progress(task.folder) as progress, schema_registry(task) as registry:
        create_tables(session, task, registry)
        while progress.events < task.events:
            time.sleep(PROGRESS_S / 5)
            progress.events = int(str(session.query(COUNT)))
    session.query(JOIN.format(lookback_ms=task.lookback_ms, file=task.folder / "rows.csv"))
    session.close()


if __name__ == "__main__":
    main()
