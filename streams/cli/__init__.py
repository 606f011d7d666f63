"""The command line: `zhongcao`."""

from streams import standard, stopping

#: Each lives in the module of its name; what it does, in a line that is whole at 80 columns.
COMMANDS = {
    "demo": "Run the whole pipeline on generated traffic, and show it.",
    "replay": "Publish the events of a file, or join them in a folder.",
    "generate": "Write believable traffic as JSON lines.",
    "sql": "Run one query in ClickHouse and print its result.",
    "explain": "Tell one conversion completely.",
    "attribute": "Credit notes, creators, surfaces or kinds from the paths.",
    "report": "Write one HTML page about a brand.",
    "clickhouse": "Serve the ClickHouse data of a folder on this machine.",
    "worker": "Read the topics, join, and write to ClickHouse.",
    "topics": "Create the topics in Kafka, or check them.",
    "rebuild": "Join the events in ClickHouse anew, as after late ones.",
    "verify": "Check the tables against the messages in Kafka.",
    "schemas": "Register the contracts in a schema registry, or check them.",
    "migrate": "Create the database, or bring it up to date.",
    "forget": "Remove a user from the state and all tables.",
    "doctor": "Check settings, folders, registry, ClickHouse and topics.",
}


def main() -> None:
    """Entry point."""
    standard.prepare()
    stopping.take_over()
    try:
        # Not before: a signal may come while this takes its time.
        from streams.cli.group import run

        run()
    except KeyboardInterrupt:
        stopping.end(stopping.exit_code())
    finally:
        stopping.let_go()
