from sinks.connection import ClickHouse


def test_the_password_is_not_shown():
    assert "s3cret" not in repr(ClickHouse(password="s3cret"))


def test_the_address_is_that_of_the_native_protocol():
    assert ClickHouse("ch.example", 9440).address == "ch.example:9440"


def test_inserts_are_synchronous_and_not_deduplicated_by_the_server():
    settings = ClickHouse().client().settings
    assert settings["async_insert"] == 0
    assert settings["insert_deduplicate"] == 0


def test_a_client_may_work_in_another_database():
    assert ClickHouse().client().connection.database == "zhongcao"
    assert ClickHouse().client(database="other").connection.database == "other"
