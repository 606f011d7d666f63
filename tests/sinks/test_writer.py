from types import SimpleNamespace

import pytest
from clickhouse_driver.errors import NetworkError, ServerException
from sink_rows import T0, block

from schemas.errors import SinkRejected, SinkUnavailable
from sinks.retry import RetryPolicy
from sinks.writer import Writer


class FakeClient:
    """Stands for our client of ClickHouse: fails as told."""

    def __init__(self, *errors):
        self.errors = list(errors)
        self.sent = []
        self.connection = SimpleNamespace(socket=None)

    def execute(self, statement, columns, columnar):
        assert columnar
        self.sent.append((statement, [column.to_list() for column in columns]))
        if self.errors:
            raise self.errors.pop(0)

    def disconnect(self):
        self.sent.append("disconnected")


class FakeConnection:
    address = "ch:9000"

    def __init__(self, client):
        self._client = client

    def client(self, kind):
        return self._client


def writer_of(client, **options):
    policy = RetryPolicy(attempts=3)
    return Writer(FakeConnection(client), policy, sleep=lambda give_up, wait_s: None, **options)


def test_one_block_is_one_insert_of_its_columns():
    client = FakeClient()
    writer_of(client).insert(block("touches", {}, {"kind": 4, "occurred_at": 5}))
    [(statement, sent)] = client.sent
    assert statement.startswith("INSERT INTO touches (`brand_id`, `note_id`, `kind`, ")
    assert sent[2] == [1, 4]
    assert sent[4] == [T0, 5]


def test_a_retry_sends_the_same_and_is_counted():
    client = FakeClient(NetworkError("refused"), ServerException("busy", 202))
    writer = writer_of(client)
    writer.insert(block("conversions", {"path.kind": [1, 4]}))
    assert len(client.sent) == 3
    assert client.sent[0] == client.sent[1] == client.sent[2]
    counters = writer.counters["conversions"]
    assert (counters.rows, counters.inserts, counters.retries) == (1, 1, 2)


def test_refused_rows_are_sent_once_and_not_counted():
    client = FakeClient(ServerException("no", 53))
    writer = writer_of(client)
    with pytest.raises(SinkRejected, match="into touches"):
        writer.insert(block("touches", {}))
    assert len(client.sent) == 1
    assert writer.counters["touches"].rows == 0


def test_a_server_that_stays_away_is_unavailable():
    client = FakeClient(*[EOFError("closed")] * 3)
    with pytest.raises(SinkUnavailable, match=r"ch:9000.*touches in 3 attempts.*closed"):
        writer_of(client).insert(block("touches", {}))


def test_whether_clickhouse_answered_when_it_was_last_asked():
    client = FakeClient(NetworkError("refused"), ServerException("no", 53))
    writer = writer_of(client)
    assert (writer.answers, writer.answered_at) == (False, None)
    with pytest.raises(SinkRejected):
        writer.insert(block("touches", {}))
    assert writer.answers is False
    writer.insert(block("touches", {}))
    assert writer.answers is True
    assert writer.answered_at > 0
    client.errors.append(ServerException("no", 53))
    with pytest.raises(SinkRejected):
        writer.insert(block("touches", {}))
    assert writer.answers is False


def test_more_rows_than_a_block_may_have_go_in_several_inserts():
    client = FakeClient()
    writer = writer_of(client, max_block_rows=2)
    writer.insert(block("touches", *({"occurred_at": t} for t in range(5))))
    assert [sent[4] for _, sent in client.sent] == [[0, 1], [2, 3], [4]]
    assert writer.counters["touches"].inserts == 3


def test_an_empty_block_is_not_sent():
    client = FakeClient()
    writer_of(client).insert(block("touches"))
    assert client.sent == []


def test_leaving_the_writer_closes_its_connection():
    client = FakeClient()
    with writer_of(client):
        pass
    assert client.sent == ["disconnected"]
