"""Apache Flink SQL: an interval LEFT JOIN in event time, written as its documentation has it.

Nothing but SQL: Flink runs inside its own JVM, in a local cluster, and Python only submits. Values are decoded by
Flink's `avro-confluent` format; it asks a registry once per schema id, so a stub that hands out the contracts costs
nothing per record, while any other way around the five bytes before each datum would. Watermarks come from
occurred_at without any allowance, per partition, which is right for topics whose partitions are in order; what a topic
has ahead of the others waits in RocksDB. So its rows do not depend on how topics are read side by side, and are all
right. Sources are bounded by the ends, so the job ends, and payments that found nothing come out when the watermark has
passed them.

Two jars belong beside the package's own: FLINK_JARS names a folder with them (see requirements/flink_sql.txt).
"""

# mypy: disable-error-code="import-not-found"
import json
import logging
import os
import shutil
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from uuid import uuid4

from contest import (
    CLICKS,
    COLUMNS,
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

with packages_of("flink_sql"):
    from py4j.protocol import Py4JError
    from pyflink.common import Configuration
    from pyflink.java_gateway import get_gateway
    from pyflink.table import EnvironmentSettings, TableEnvironment

JARS = ("flink-sql-connector-kafka", "flink-sql-avro-confluent-registry")
PARALLELISM = 2

SOURCE = """
CREATE TABLE `{source}` (
  user_id STRING NOT NULL, brand_id STRING NOT NULL, occurred_at BIGINT NOT NULL, {fields},
  moment AS TO_TIMESTAMP_LTZ(occurred_at, 3),
  WATERMARK FOR moment AS moment
) WITH (
  'connector' = 'kafka',
  'topic' = '{source}',
  'properties.bootstrap.servers' = '{broker}',
  'properties.group.id' = 'flink-{group}',
  'scan.startup.mode' = 'earliest-offset',
  'scan.bounded.mode' = 'specific-offsets',
  'scan.bounded.specific-offsets' = '{ends}',
  'format' = 'avro-confluent',
  'avro-confluent.url' = '{registry}',
  'avro-confluent.schema' = '{schema}'
)
"""

SINK = """
CREATE TABLE found (sub_order_id STRING, kind STRING, note_id STRING, occurred_at BIGINT) WITH (
  'connector' = 'filesystem', 'path' = '{path}', 'format' = 'csv', 'csv.disable-quote-character' = 'true',
  'csv.null-literal' = ''
)
"""

JOIN = f"""
INSERT INTO found
SELECT p.sub_order_id, t.kind, t.note_id, t.occurred_at
FROM (SELECT * FROM `{PURCHASES}` WHERE kind = 'PAY') AS p
LEFT JOIN (
  SELECT user_id, brand_id, moment, occurred_at, note_id, 'view' AS kind FROM `{VIEWS}`
  UNION ALL SELECT user_id, brand_id, moment, occurred_at, note_id, 'save' FROM `{SAVES}` WHERE action = 'SAVE'
  UNION ALL SELECT user_id, brand_id, moment, occurred_at, note_id, 'click' FROM `{CLICKS}`
) AS t
ON p.user_id = t.user_id AND p.brand_id = t.brand_id
AND t.moment BETWEEN p.moment - INTERVAL '{{days}}' DAY AND p.moment
"""

#: The fields that the join needs beside user, brand and time; Avro's readers pass over the others.
FIELDS = {
    VIEWS: ("note_id",),
    SAVES: ("note_id", "action"),
    CLICKS: ("note_id",),
    PURCHASES: ("sub_order_id", "kind"),
}


def jars() -> str:
    """The jars of `FLINK_JARS`, as Flink wants them."""
    folder = Path(os.environ.get("FLINK_JARS", Path(__file__).parent / "jars"))
    found = [next(iter(sorted(folder.glob(f"{name}-[0-9]*.jar"))), None) for name in JARS]
    if None in found:
        cannot_run(f"flink_sql cannot run here: {folder} lacks {' or '.join(JARS)} (FLINK_JARS).")
    return ";".join(jar.absolute().as_uri() for jar in found if jar)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(task: Task, port: int) -> TableEnvironment:
    settings = {
        "pipeline.jars": jars(),
        "parallelism.default": str(PARALLELISM),
        "taskmanager.numberOfTaskSlots": str(PARALLELISM),
        "rest.port": str(port),
        "rest.address": "127.0.0.1",
        "state.backend.type": "rocksdb",
        "state.backend.rocksdb.timer-service.factory": "HEAP",
        "state.backend.rocksdb.predefined-options": "FLASH_SSD_OPTIMIZED",
        "state.backend.rocksdb.localdir": str(task.folder / "state"),
        "execution.checkpointing.dir": (task.folder / "checkpoints").as_uri(),
        "execution.checkpointing.interval": "10 s",
        "execution.checkpointing.incremental": "true",
        "io.tmp.dirs": str(task.folder / "tmp"),
        "metrics.fetcher.update-interval": "1 s",
        "pipeline.object-reuse": "true",
        "table.local-time-zone": "UTC",
        "taskmanager.memory.managed.size": "1g",
    }
    configuration = Configuration()
    for name, value in settings.items():
        configuration.set_string(name, value)
    given = EnvironmentSettings.new_instance().in_streaming_mode().with_configuration(configuration)
    return TableEnvironment.create(given.build())


def reader_schema(task: Task, source: str, fields: tuple[str, ...]) -> dict[str, Any]:
    """The contract without the fields that nothing reads, in the order of the table's columns."""
    contract: dict[str, Any] = task.schema(source)
    by_name = {field["name"]: field for field in contract["fields"]}
    wanted = ("user_id", "brand_id", "occurred_at", *fields)
    kept = [{"name": name, "type": by_name[name]["type"]} for name in wanted]
    return {**contract, "doc": "", "fields": kept}


def create_tables(tables: TableEnvironment, task: Task, registry: str, found: Path) -> None:
    for source, fields in FIELDS.items():
        ends = task.ends[source]
        tables.execute_sql(
            SOURCE.format(
                source=source,
                fields=", ".join(f"{name} STRING NOT NULL" for name in fields),
                broker=task.broker,
                group=uuid4().hex,
                ends=";".join(
                    f"partition:{number},offset:{end}" for number, end in enumerate(ends)
                ),
                registry=registry,
                schema=json.dumps(reader_schema(task, source, fields)).replace("'", "''"),
            )
        )
    tables.execute_sql(SINK.format(path=found.as_uri()))


def records_read(port: int, job: str) -> int:
    """How many records the job's sources have read so far."""
    with urlopen(f"http://127.0.0.1:{port}/jobs/{job}") as answer:
        vertices = json.load(answer)["vertices"]
    sources = [vertex for vertex in vertices if vertex["name"].startswith("Source:")]
    return sum(int(vertex["metrics"]["read-records"]) for vertex in sources)


def watch(progress: Progress, port: int, job: str) -> None:
    """Follow the job until its cluster is gone."""
    with suppress(OSError):
        while True:
            progress.events = max(progress.events, records_read(port, job))
            time.sleep(PROGRESS_S / 2)


def end_jvm() -> None:
    """Wait for Flink's process, so that its time counts as this program's."""
    logging.disable()  # the answer that a JVM does not give when it ends
    with suppress(Py4JError):
        get_gateway().jvm.java.lang.System.exit(0)
    with suppress(ChildProcessError):
        os.wait()


def gather(parts: Path, rows: Path) -> None:
    """One CSV file with a header, of those that Flink's tasks have committed."""
    with rows.open("wb") as file:
        file.write(f"{','.join(COLUMNS)}\r\n".encode())
        for part in sorted(parts.glob("part-*")):
            with part.open("rb") as written:
                shutil.copyfileobj(written, file)


def main() -> None:
    task, port = Task.given(), free_port()
    found = task.folder / "found"
    with Progress(task.folder) as progress, schema_registry(task) as registry:
        tables = environment(task, port)
        create_tables(tables, task, registry, found)
        submitted = tables.execute_sql(JOIN.format(days=task.lookback_days))
        job = submitted.get_job_client()
        assert job is not None
        watching = (progress, port, str(job.get_job_id()))
        threading.Thread(target=watch, args=watching, daemon=True).start()
        submitted.wait()
        progress.events = task.events
    end_jvm()
    gather(found, task.folder / "rows.csv")


if __name__ == "__main__":
    main()
