"""The internals of Faust and aiokafka that the Kafka transport touches are where it expects them."""

import inspect
import re

import faust
import mode
from aiokafka import AIOKafkaConsumer
from aiokafka.consumer import consumer as consumers
from aiokafka.consumer import fetcher, group_coordinator, subscription_state
from aiokafka.consumer.fetcher import Fetcher, PartitionRecords
from aiokafka.errors import UnknownError, for_code
from aiokafka.record.default_records import DefaultRecord
from aiokafka.record.legacy_records import LegacyRecord
from faust.streams import _CStreamIterator
from faust.tables.recovery import Recovery
from faust.transport import consumer
from faust.transport.drivers import aiokafka as driver
from kafka.consumer import fetcher as kafka_python
from mode.threads import ServiceThread

from streams.app import App
from streams.transport import expiry, membership
from streams.transport.expansion import Record


def test_settings_that_are_changed_before_the_consumer_starts() -> None:
    made = inspect.getsource(AIOKafkaConsumer.__init__)
    started = inspect.getsource(AIOKafkaConsumer.start)
    for name in (
        "_fetch_max_wait_ms",
        "_fetch_min_bytes",
        "_max_partition_fetch_bytes",
        "_fetch_max_bytes",
        "_isolation_level",
        "_partition_assignment_strategy",
    ):
        assert f"self.{name} = " in made
        assert f"self.{name}" in started


def test_who_fetches_nothing_stays_in_the_group() -> None:
    """That interval is aiokafka's own: the time that a rebalance may take is told to the group apart."""
    asked = inspect.getsource(group_coordinator)
    assert asked.count("self._max_poll_interval") == asked.count("_max_poll_interval") == 4
    for line in (
        "self._max_poll_interval = max_poll_interval_ms / 1000",
        "if prev_assignment is not None and idle_time >= self._max_poll_interval:",
        "if idle_time < self._max_poll_interval:",
        "sleep_time = min(sleep_time, self._max_poll_interval - idle_time)",
        "self._rebalance_timeout_ms = rebalance_timeout_ms",
    ):
        assert asked.count(line) == 1
    made = inspect.getsource(driver.AIOKafkaConsumerThread._create_worker_consumer)
    assert "max_poll_interval = conf.broker_max_poll_interval" in made
    assert "rebalance_timeout = conf.broker_rebalance_timeout" in made


def test_record_batches_are_taken_whole() -> None:
    fetches, reads = inspect.getsource(Fetcher), inspect.getsource(PartitionRecords)
    for line in (
        "records = MemoryRecords(part_data[-1])",
        "self._records[tp] = FetchResult(",
        "self._records = collections.OrderedDict()",
        "records = res_or_error.getall(max_records)",
        "if not res_or_error.has_more():",
        "if type(res_or_error) is FetchResult:",
    ):
        assert line in fetches
    results = inspect.getsource(fetcher.FetchResult.__base__)
    for line in (
        "self._partition_records = partition_records",
        "self._topic_partition = tp",
        "return self._partition_records is not None",
        "for msg in self._partition_records:",
    ):
        assert line in results
    for name in ("check_assignment", "_update_position"):
        assert f"self.{name}(" in results
    for line in (
        "self.next_fetch_offset = fetch_offset",
        "records = self._records",
        "next_batch = records.next_batch()",
        "for record in next_batch:",
        "if record.offset < self.next_fetch_offset:",
        "self._consumer_record(tp, record)",
        "self.next_fetch_offset = next_batch.next_offset",
        "control_record = next(next_batch)",
    ):
        assert line in reads
    assert "consumer._fetcher" in inspect.getsource(driver.AIOKafkaConsumerThread._fetch_records)
    for name in ("offset", "timestamp", "timestamp_type", "key", "value", "headers", "checksum"):
        assert hasattr(DefaultRecord, name)
        assert hasattr(LegacyRecord, name)
        assert name in Record._fields


def test_record_batches_of_kafka_python_are_taken_too() -> None:
    assert "records = MemoryRecords(" in inspect.getsource(kafka_python.Fetcher)
    reads = inspect.getsource(kafka_python.Fetcher.PartitionRecords._unpack_records)
    for line in ("batch = records.next_batch()", "for record in batch:"):
        assert line in reads
    named = set(re.findall(r"record\.(\w+)", reads))
    assert named - {"timestamp_type"} <= set(dir(Record))


def test_a_rebalance_during_a_stop_closes_the_consumer_unless_we_forbid_it() -> None:
    assert "self.consumer.close()" in inspect.getsource(faust.App._on_rebalance_when_stopped)
    for name in ("_on_partitions_revoked", "_on_partitions_assigned"):
        assert "return self._on_rebalance_when_stopped()" in inspect.getsource(
            getattr(faust.App, name)
        )
    assert "close" not in App._on_rebalance_when_stopped.__code__.co_names


def test_the_position_of_a_partition() -> None:
    state = expiry.PositionState.__bases__[0]
    assert state.__module__ == "aiokafka.consumer.subscription_state"
    for name in ("has_valid_position", "position"):
        assert isinstance(getattr(state, name), property)
    assert "self.highwater = None" in inspect.getsource(state.__init__)
    assert "state_value(" in inspect.getsource(AIOKafkaConsumer.highwater)


def test_what_a_static_member_adds_to_the_coordinator() -> None:
    assert "self._coordinator = GroupCoordinator(" in inspect.getsource(AIOKafkaConsumer.start)
    assert consumers.GroupCoordinator is membership.Coordinator
    coordinator = group_coordinator.GroupCoordinator
    left = inspect.getsource(coordinator._maybe_leave_group)
    assert "if self.generation > 0 and self._group_instance_id is None:" in left
    for name, line in {
        "reset_generation": "self.member_id = JoinGroupRequest.UNKNOWN_MEMBER_ID",
        "_do_rejoin_group": "assignment = await rebalance.perform_group_join()",
        "_on_join_complete": "self._subscription.assign_from_subscribed(",
        "_on_metadata_change": "self.request_rejoin()",
        "_send_req": "return resp",
    }.items():
        assert line in inspect.getsource(getattr(coordinator, name))
    joined = inspect.getsource(group_coordinator.CoordinatorGroupRebalance)
    assert "self._coordinator.member_id,\n                    self._coordinator._group" in joined
    # Once aiokafka knows the code, it may say by itself what `fenced` is for.
    assert for_code(membership.FENCED_INSTANCE_ID) is UnknownError


def test_positions_that_are_reset_are_watched() -> None:
    assert subscription_state.TopicPartitionState is expiry.PositionState
    assert "TopicPartitionState(self)" in inspect.getsource(subscription_state.Assignment.__init__)
    fetches = inspect.getsource(Fetcher)
    assert fetches.count("tp_state.await_reset(self._default_reset_strategy)") == 2
    assert fetches.count("tp_state.reset_to(offset)") == 1


def test_what_batches_replace_in_the_consumer() -> None:
    for name in (
        "getmany",
        "ack",
        "perform_seek",
        "_to_message",
        "_add_gap",
        "_new_offset",
        "_should_commit",
        "_commit_offsets",
        "_filter_tps_with_pending_acks",
        "_wait_next_records",
    ):
        assert callable(getattr(consumer.Consumer, name))
    assert "self._new_offset(tp)" in inspect.getsource(
        consumer.Consumer._filter_committable_offsets
    )
    assert "_create_worker_consumer" in inspect.getsource(driver.AIOKafkaConsumerThread)
    assert "_new_consumer_thread" in inspect.getsource(driver.Consumer)


def test_a_seek_may_last_as_long_as_a_request() -> None:
    """What lasts longer ends Faust's task that resumes after a rebalance, without a word."""
    resumed = inspect.getsource(Recovery._resume_streams)
    assert "consumer.perform_seek(), timeout=self.app.conf.broker_request_timeout" in resumed
    asked = inspect.getsource(AIOKafkaConsumer.committed)
    assert "await self._coordinator.fetch_committed_offsets([partition])" in asked


def test_a_round_that_is_passed_over_is_not_acknowledged() -> None:
    """In Python alone the iterator acknowledges it, whatever `noack` says."""
    assert _CStreamIterator is not None
    assert "do_ack = self.enable_acks" in inspect.getsource(faust.Stream._c_aiter)


def test_what_a_process_takes_over_to_stop() -> None:
    assert "self.loop.add_signal_handler" in inspect.getsource(
        mode.Worker._install_signal_handlers_unix
    )
    assert "self._schedule_shutdown" in inspect.getsource(mode.Worker._on_sigterm)
    assert "super()._on_sigterm()" in inspect.getsource(faust.Worker._on_sigterm)
    assert "if self.spinner:" in inspect.getsource(faust.Worker._on_startup_end_spinner)
    assert "self.thread_loop.close()" in inspect.getsource(ServiceThread._start_thread)


def test_what_is_observed_of_an_app() -> None:
    for name in ("on_rebalance_start", "on_rebalance_end"):
        assert "self.rebalancing = " in inspect.getsource(getattr(faust.App, name))
    assert "self.rebalancing_count += 1" in inspect.getsource(faust.App.on_rebalance_start)
    for name in ("started", "should_stop", "crash_reason"):
        assert isinstance(getattr(mode.Service, name), property)
