from sink_rows import T0, block

from sinks.memory import MemorySink


def test_rows_come_back_as_dicts_in_the_order_of_inserts():
    sink = MemorySink()
    sink.insert(block("touches", {"user_id": "u1"}, {"user_id": "u2"}))
    sink.insert(block("journeys", {"saved_at": T0}))
    sink.insert(block("touches", {"user_id": "u3"}))
    assert [row["user_id"] for row in sink.rows("touches")] == ["u1", "u2", "u3"]
    assert sink.rows("journeys")[0]["saved_at"] == T0
    assert sink.rows("conversions") == []
    assert len(sink.blocks) == 3
