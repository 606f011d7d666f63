"""The command line: `zhongcao`."""

from streams import standard, stopping

#: Each lives in the module of its name.
COMMANDS = (
    "demo",
    "replay",
    "generate",
    "sql",
    "explain",
    "attribute",
    "report",
    "clickhouse",
    "worker",
    "topics",
    "verify",
    "schemas",
    "migrate",
    "forget",
    "doctor",
)


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
