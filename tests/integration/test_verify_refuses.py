"""What keeps `zhongcao verify` from checking is told in a sentence."""

import pytest
from checked import NOON, Checked
from kafka import KafkaConsumer, TopicPartition
from kafka.structs import OffsetAndMetadata

from schemas.topics import NOTE_VIEWS


def test_what_can_go_wrong(checked: Checked) -> None:
    def fails(code: int, **environ: str) -> str:
        config = str(checked.workers.config)
        return checked.zhongcao.fails("verify", "--config", config, code=code, **environ)

    assert "forgets its messages" in fails(2, ZHONGCAO_BROKER="memory://")
    assert "Kafka at kafka://127.0.0.1:1" in fails(1, ZHONGCAO_BROKER="kafka://127.0.0.1:1")
    assert f"Group {checked.settings.group} has committed nothing" in fails(1)
    checked.publish(NOTE_VIEWS, "a", checked.view("a"))
    checked.work()
    away = fails(1, ZHONGCAO_CLICKHOUSE_PORT="1")
    assert "ClickHouse at 127.0.0.1:1 could not do the check" in away


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"ZHONGCAO_PARTITIONS": "1"}, "has 2 partitions, but partitions is 1"),
        ({"ZHONGCAO_PARTITIONS": "3"}, "has 2 partitions, but partitions is 3"),
        ({"ZHONGCAO_CLICKHOUSE_DATABASE": "nowhere"}, "The database nowhere of ClickHouse"),
    ],
)
def test_what_is_not_there(checked: Checked, environ: dict[str, str], told: str) -> None:
    rewound(checked, 0)
    assert told in checked.zhongcao.fails(
        "verify", "--config", str(checked.workers.config), **environ
    )


def test_topics_that_were_made_again(checked: Checked) -> None:
    rewound(checked, 7)
    told = checked.zhongcao.fails("verify", "--config", str(checked.workers.config))
    assert "of note-views, partition 0, which ends at " in told
    assert "the topic was deleted and made again" in told


def rewound(checked: Checked, ahead: int) -> None:
    """Some messages, and a group that has committed an offset beside their end."""
    checked.publish_all((NOTE_VIEWS, user, checked.view(user), NOON) for user in "abcdefgh")
    with KafkaConsumer(
        bootstrap_servers=checked.settings.broker_hosts, group_id=checked.settings.group
    ) as consumer:
        place = TopicPartition(NOTE_VIEWS, 0)
        consumer.assign([place])
        end = consumer.end_offsets([place])[place]
        consumer.commit({place: OffsetAndMetadata(end + ahead, "", -1)})
