"""How a worker with an `instance_id` is a member of its group: the same one after each start.

Kafka keeps the partitions of such a static member for it until its session ends, so that a restart moves nothing.
aiokafka 0.14 joins as one and does not leave when it stops; what it lacks is added here.
"""

from typing import Any

from aiokafka.consumer import consumer, group_coordinator
from aiokafka.errors import KafkaError

from schemas.errors import BrokerError
from streams.kafka.topic_rules import wrong_partitions

#: Kafka's error code for who calls itself by an instance id that another member has by now.
FENCED_INSTANCE_ID = 82


class Coordinator(group_coordinator.GroupCoordinator):
    """aiokafka's, with what a static member needs besides.

    fenced: another member has taken our instance id.
    partitions: of each topic; None as long as any number will do.
    """

    member_id: str
    _group_subscription: set[str] | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.fenced = False
        self.partitions: int | None = None
        self._former_id = ""
        super().__init__(*args, **kwargs)

    async def _send_req(self, request: Any) -> Any:
        answer = await super()._send_req(request)
        # aiokafka does not know the code.
        self.fenced |= getattr(answer, "error_code", 0) == FENCED_INSTANCE_ID
        return answer

    def wrong_partitions(self) -> list[str]:
        """What is wrong with topics to which partitions were added: users are in others from then on."""
        topics = sorted(self._subscription.topics) if self.partitions else ()
        found = {topic: len(self._cluster.partitions_for_topic(topic) or ()) for topic in topics}
        return [
            wrong_partitions(topic, count, self.partitions)
            for topic, count in found.items()
            if self.partitions and count > self.partitions
        ]

    def _on_metadata_change(self) -> None:
        # What was added is not to be assigned to anybody.
        if not self.wrong_partitions():
            super()._on_metadata_change()

    def reset_generation(self) -> None:
        """The group does not know us any more, as each partition of a commit and each heartbeat may tell again."""
        self._former_id = self.member_id or self._former_id
        super().reset_generation()

    async def _do_rejoin_group(self, subscription: Any) -> Any:
        """Join under the former member id first: only by that does Kafka tell whether another has our instance id.

        Who joins without one takes the instance id from whoever has it, and two workers would take turns for ever.
        """
        if self._group_instance_id and self._former_id and not self.member_id:
            self.member_id = self._former_id
            joined = await super()._do_rejoin_group(subscription)
            self._former_id = ""
            return joined
        return await super()._do_rejoin_group(subscription)

    async def _on_join_complete(self, *args: Any) -> None:
        """Watch the partitions of our topics, as the leader does.

        One that starts anew is not told that it is the leader; no other member would be heard.
        """
        await super()._on_join_complete(*args)
        if self._group_instance_id and self._group_subscription is None:
            self._group_subscription = set(self._subscription.subscription.topics)
            self._metadata_snapshot = self._get_metadata_snapshot()


# A consumer without a group has another one.
consumer.GroupCoordinator = Coordinator


def check(member: Any, conf: Any) -> None:
    """A worker must be welcome in its group, and the partitions be as many as when it started.

    member: aiokafka's consumer. conf: Faust's settings.
    Raises: BrokerError.
    """
    try:
        member._coordinator.check_errors()
    except KafkaError as error:
        raise BrokerError(_refusal(member._coordinator, conf, error)) from error
    if wrong := member._coordinator.wrong_partitions():
        raise BrokerError("\n".join(wrong))


def _refusal(coordinator: Any, conf: Any, error: KafkaError) -> str:
    if coordinator.fenced:
        return (
            f"Another worker of group {conf.id} runs with instance_id {conf.consumer_group_instance_id!r}, and has "
            "taken over from this one: give each worker one of its own."
        )
    return (
        f"Kafka keeps this worker out of group {conf.id} ({error}): check that its user may Read "
        "the group, that no other program uses its name, and that the brokers allow session_timeout_s; then "
        "start it again."
    )
