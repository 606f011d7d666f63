"""How a worker with an `instance_id` is a member of its group: the same one after each start.

Kafka keeps the partitions of such a static member for it until its session ends, so that a restart moves nothing.
aiokafka 0.14 joins as one and does not leave when it stops; what it lacks is added here.
"""

from typing import Any

from aiokafka.consumer import consumer, group_coordinator

#: Kafka's error code for who calls itself by an instance id that another member has by now.
FENCED_INSTANCE_ID = 82


class Coordinator(group_coordinator.GroupCoordinator):
    """aiokafka's, with what a static member needs besides.

    fenced: another member has taken our instance id.
    """

    member_id: str
    _group_subscription: set[str] | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.fenced = False
        self._former_id = ""
        super().__init__(*args, **kwargs)

    async def _send_req(self, request: Any) -> Any:
        answer = await super()._send_req(request)
        # aiokafka does not know the code.
        self.fenced |= getattr(answer, "error_code", 0) == FENCED_INSTANCE_ID
        return answer

    def reset_generation(self) -> None:
        """The group does not know us any more."""
        self._former_id = self.member_id
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
