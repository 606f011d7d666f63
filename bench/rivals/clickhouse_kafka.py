"""ClickHouse alone, as chDB: Kafka engine tables into MergeTree by materialized views, and the join at query time.

Nothing is joined while events come in; the one query at the end joins all of them, and whoever asks again pays again.
Values are decoded by ClickHouse's `AvroConfluent` format, which asks a stub of a schema registry once per schema id.
The rows do not depend on the order of events, and are all right. Kafka's records may come twice after a failure, which
MergeTree would keep; here nothing fails.
"""

# mypy: disable-error-code="import-not-found"
import time
from uuid import uuid4

from contest import (
    CLICKS,
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

TOUCHES = {"table": "touches", "name": "note_id"}
PAYMENTS = {"table": "purchases", "name": "sub_order_id"}
COMMON = "user_id String, brand_id String, occurred_at Int64"
#: What is read of a topic beside the common fields, and what becomes of it.
SOURCES = {
    VIEWS: {"fields": "note_id String", "kind": "'view'", **TOUCHES},
    SAVES: {
        "fields": "note_id String, action String",
        "kind": "if(action = 'SAVE', 'save', '')",
        **TOUCHES,
    },
    CLICKS: {"fields": "note_id String", "kind": "'click'", **TOUCHES},
    PURCHASES: {"fields": "sub_order_id String, kind String", "kind": "kind", **PAYMENTS},
}

STORED = f"""
CREATE TABLE drain.{{table}} ({COMMON}, {{name}} String, kind LowCardinality(String))
ENGINE = MergeTree ORDER BY (user_id, brand_id, occurred_at)
"""

QUEUE = f"""
CREATE TABLE drain.`{{source}}` ({COMMON}, {{fields}}) ENGINE = Kafka SETTINGS
  kafka_broker_list = '{{broker}}', kafka_topic_list = '{{source}}', kafka_group_name = 'clickhouse-{{group}}',
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
    if not int(str(session.query("SELECT count() FROM system.table_engines WHERE name = 'Kafka'"))):
        cannot_run("clickhouse_kafka cannot run here: this chDB is built without the Kafka engine.")
    session.query("CREATE DATABASE drain")
    for table in (TOUCHES, PAYMENTS):
        session.query(STORED.format(**table))
    for source, read in SOURCES.items():
        given = {"source": source, "broker": task.broker}
        queue = QUEUE.format(**given, **read, registry=registry, group=uuid4().hex)
        try:
            session.query(queue)
        except RuntimeError as error:
            # chDB says so of Kafka tables that it has made all the same, and that work.
            if "Shutdown was called" not in str(error):
                raise
        session.query(VIEW.format(source=source, **read))


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
