"""Migrations that were released are never edited, and what is known of the former ones is right."""

from pathlib import Path

from sinks import former
from sinks.schema import Migration, load_migrations

FORMER = [
    Migration(path.stem, path.read_text())
    for path in sorted((Path(__file__).parent / "former").glob("*.sql"))
]
FROZEN = {
    "0001_tables": "2ccf94f5558af016aca3e6a6a0fdc4d67896ad33c8c60bebf53fb0a41a5476eb",
    "0002_expired_unread": "5952bbbb96a32f38f56f8c920b6bb6cf153d77e37fa50b399e50e9c91bff4460",
    "0003_order_free": "8b9f5c464bf6aecc0a0809fca83b018207bcfcb4fc9740930f59049a691ffc28",
    "0004_event_days": "05aa18956b65fa15c407c0dab7abfff22d8a0cf6eed32f5e7fad46f16e379d84",
}


def test_a_released_migration_is_as_it_was() -> None:
    assert {each.name: each.checksum for each in load_migrations()} == FROZEN


def test_the_checksums_of_former_files_are_known() -> None:
    assert {each.name: each.checksum for each in FORMER} == dict(former.FILES)
