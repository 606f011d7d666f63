"""The guards of the product, each with a change that takes it away and the tests that must notice.

A change replaces a text that stands exactly once in its file.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """One guard and how it is taken away.

    guard: what it is, in words.
    file: of the product, from the root of the project.
    old, new: the text that stands there, and what takes its place.
    tests: files, or tests in them, one of which must fail.
    """

    guard: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


MUTANTS = (
    Mutant(
        "a run that did not come to its end is done over from where it began",
        "streams/folder/run.py",
        "                _copy(self._kept / STATE, self._folder / STATE)\n",
        "                pass\n",
        ("tests/streams/folder/test_run.py", "tests/replays/test_unfinished_runs.py"),
    ),
    Mutant(
        "a chunk waits until all before it is judged",
        "streams/folder/source.py",
        "        return self._all_judged() and self._broker",
        "        return self._broker",
        ("tests/streams/folder/test_source.py",),
    ),
    Mutant(
        "the state and the tables of a folder agree before a run begins",
        "streams/embedded.py",
        "if end > written or (end < written and not again):",
        "if False:",
        ("tests/replays/test_unfinished_runs.py",),
    ),
    Mutant(
        "a micro-batch is acknowledged after its rows are in ClickHouse",
        "streams/outbox.py",
        "        self._waiting.append(Waiting(processed, done, let_go))\n",
        "        done()\n        self._waiting.append(Waiting(processed, lambda: None, let_go))\n",
        ("tests/workers/test_effects_in_order.py",),
    ),
    Mutant(
        "only the acknowledged prefix is committed",
        "streams/transport/batching.py",
        "            if not delivery.done:\n                break\n",
        "",
        ("tests/streams/test_in_flight.py",),
    ),
    Mutant(
        "a writer whose partition was claimed by another is fenced",
        "streams/changelog/changelog.py",
        "                if isinstance(record, Claim):\n                    self._fenced",
        "                if False:\n                    self._fenced",
        ("tests/streams/test_changelog.py",),
    ),
    Mutant(
        "changes of a fenced writer are passed over",
        "streams/changelog/changelog.py",
        "if number < newest_claim:",
        "if number < -1:",
        ("tests/streams/test_changelog.py",),
    ),
    Mutant(
        "what a later version wrote is refused",
        "streams/state/formats.py",
        "    if type(found) is not int or not 1 <= found <= FORMAT:\n",
        "    if False:\n",
        ("tests/streams/test_later_formats.py",),
    ),
    Mutant(
        "a change in the changelog tells its format",
        "streams/changelog/records.py",
        '        "format": formats.FORMAT,\n',
        "",
        ("tests/streams/test_later_formats.py",),
    ),
    Mutant(
        "a change of a former format is converted",
        "streams/changelog/records.py",
        "        formats.converted(entries, former),\n",
        "        entries,\n",
        ("tests/streams/test_former_formats.py",),
    ),
    Mutant(
        "a state of a former format is converted",
        "streams/state/store.py",
        '        if meta["format"] != formats.FORMAT:\n',
        "        if False:\n",
        ("tests/streams/test_former_formats.py",),
    ),
    Mutant(
        "what is of no format is not converted into nothing",
        "streams/state/formats.py",
        "    if any(new.null_count().row(0)):\n",
        "    if False:\n",
        ("tests/streams/test_changelog_junk.py",),
    ),
    Mutant(
        "a conversion that was interrupted leaves alone what it has converted",
        "streams/state/formats.py",
        r'pl.when(value.str.contains(r"^(?:\d+ [01] |$)"))',
        'pl.when(value == "")',
        ("tests/streams/test_interrupted_conversions.py",),
    ),
    Mutant(
        "a state is converted from one format to the next, and not by two at once",
        "streams/state/conversion.py",
        "formats.to_next(old, former)",
        "formats.converted(old, former)",
        ("tests/streams/test_interrupted_conversions.py",),
    ),
    Mutant(
        "the former keys of a converted state leave its files",
        "streams/state/store.py",
        "    batch.put(META, meta)\n    # Deletions keep the former keys in files, and with them users who may be "
        'forgotten later.\n    batch.put(TO_REWRITE, b"")\n',
        "    batch.put(META, meta)\n",
        ("tests/streams/test_former_formats.py",),
    ),
    Mutant(
        "keys and values do not change without another format",
        "streams/state/keys.py",
        "BUCKET_MS = 30 * DAY_MS",
        "BUCKET_MS = 15 * DAY_MS",
        ("tests/streams/test_frozen_format.py",),
    ),
    Mutant(
        "each message of a block ends where its last field does",
        "schemas/block.py",
        "if block is not None and self.check.passes(block, sizes) else None",
        "if block is not None else None",
        ("tests/schemas/test_container_block.py", "tests/schemas/test_mutations.py"),
    ),
    Mutant(
        "records of Kafka are read together only if each is certainly read right",
        "streams/transport/record_batches.py",
        "    if not _READER.check.passes(block, sizes):\n        return None\n",
        "",
        ("tests/streams/test_odd_record_batches.py", "tests/streams/test_record_batches.py"),
    ),
    Mutant(
        "records of Kafka whose offsets go back are passed over",
        "streams/transport/record_batches.py",
        "_ascending(_concat([_of_kind(kind, run) for kind, run in alike]))",
        "_concat([_of_kind(kind, run) for kind, run in alike])",
        ("tests/streams/test_odd_record_batches.py",),
    ),
    Mutant(
        "a record batch is not expanded whatever it expands to",
        "streams/transport/expansion.py",
        "        if size > WHOLE_BYTES:\n            return None\n",
        "",
        ("tests/streams/test_oversized_records.py",),
    ),
    Mutant(
        "a message that was not read whole is no event",
        "streams/pipeline.py",
        "        if not unread:\n",
        "        if True:\n",
        ("tests/workers/test_large_dead_letters.py",),
    ),
    Mutant(
        "a datum has no more values than its bytes can pay for",
        "schemas/strict.py",
        "        if self._left < 0:\n",
        "        if False:\n",
        ("tests/schemas/test_values_without_bytes.py::test_arrays_of_arrays",),
    ),
    Mutant(
        "an earlier payment takes a conversion over",
        "streams/join/conversions.py",
        "((1 << 47) - 1 - paid_at)",
        "paid_at",
        (
            "tests/oracle/test_versions.py",
            "tests/streams/test_payments.py",
            "tests/oracle/test_in_time.py",
        ),
    ),
    Mutant(
        "a path reaches back to the first millisecond of its window",
        "streams/join/conversions.py",
        "touches[self._first].occurred_at < since",
        "touches[self._first].occurred_at <= since",
        ("tests/streams/test_path_window.py",),
    ),
    Mutant(
        "a path reaches to the millisecond of the payment",
        "streams/join/conversions.py",
        "touches[at].occurred_at <= until",
        "touches[at].occurred_at < until",
        ("tests/streams/test_path_window.py",),
    ),
    Mutant(
        "what was written before a bucket became crowded is written anew",
        "streams/joining.py",
        "        if crowding:\n            of_crowds",
        "        if False:\n            of_crowds",
        ("tests/streams/test_crowded_users.py",),
    ),
    Mutant(
        "it is written after a crash, too",
        "streams/pipeline.py",
        "        if not self._began:\n",
        "        if False:\n",
        ("tests/streams/test_crowded_users.py",),
    ),
    Mutant(
        "the same event again does not make a bucket crowded",
        "streams/state/crowds.py",
        "                if not known:\n                    tally.add",
        "                if True:\n                    tally.add",
        ("tests/streams/test_crowded_users.py",),
    ),
    Mutant(
        "the horizon of a journey ends with its last day",
        "streams/join/journeys.py",
        "times[at] < end",
        "times[at] <= end",
        ("tests/streams/test_journey_horizon.py",),
    ),
    Mutant(
        "event time never goes back",
        "streams/event_time.py",
        "        self.now = max(self.now, reached)\n",
        "        self.now = reached\n",
        ("tests/streams/test_event_time.py",),
    ),
    Mutant(
        "a topic with unread records holds event time back",
        "streams/event_time.py",
        "            reached = min(self._newest(name) for name in unread)\n",
        "            reached = max(self._newest(name) for name in unread)\n",
        ("tests/streams/test_event_time.py",),
    ),
    Mutant(
        "a round is acknowledged after its dead letters are in their topic",
        "streams/outbox.py",
        "            await self._publish(self._in_writing[0].processed)\n",
        "            asyncio.ensure_future(self._publish(self._in_writing[0].processed))\n",
        ("tests/workers/test_dead_letters_first.py",),
    ),
    Mutant(
        "dead letters count as published once the broker has them",
        "streams/dead_letters.py",
        "await asyncio.gather(*(waiting for _, waiting in sent), return_exceptions=True)",
        "[None for _ in sent]",
        ("tests/workers/test_dead_letters_first.py",),
    ),
    Mutant(
        "what waits for ClickHouse is bounded",
        "streams/outbox.py",
        "        if self._entries >= 2 * self._max_rows:\n",
        "        if False:\n",
        ("tests/streams/test_outbox.py",),
    ),
    Mutant(
        "a round that could not be judged is followed by no other of its partition",
        "streams/app.py",
        "            self.recovery.give_up(event.value.partition)\n",
        "",
        ("tests/workers/test_given_up.py",),
    ),
    Mutant(
        "a ClickHouse without memory is waited for",
        "sinks/retry.py",
        '        241: "MEMORY_LIMIT_EXCEEDED",\n',
        "",
        ("tests/sinks/test_retry.py",),
    ),
    Mutant(
        "an outage does not make a worker stuck",
        "streams/operations/health.py",
        "max(since, self._observed.away_at())",
        "since",
        ("tests/workers/test_stuck.py",),
    ),
    Mutant(
        "a worker whose event loop stands still ends",
        "streams/operations/watchdog.py",
        "            if silent_s > self._stuck_after_s:\n",
        "            if False:\n",
        ("tests/operations/test_watchdog.py",),
    ),
    Mutant(
        "the folder of an assigned partition is not removed",
        "streams/partitions.py",
        "if number in assigned or number in self._states or",
        "if number in self._states or",
        ("tests/streams/test_unused_folders.py",),
    ),
    Mutant(
        "what lies ahead of the wall clock moves no event time",
        "streams/validate.py",
        '((_PUBLISHED_AT, "after the Kafka timestamp"), (_NOW, "ahead of the clock"))',
        '((_PUBLISHED_AT, "after the Kafka timestamp"),)',
        ("tests/streams/test_from_the_future.py",),
    ),
    Mutant(
        "event time beyond the wall clock is set back when a partition is taken over",
        "streams/recovery.py",
        "if await self._in_thread(state.set_back, latest):",
        "if False:",
        ("tests/streams/test_poisoned_clock.py",),
    ),
    Mutant(
        "a machine whose clock lags behind the brokers' refuses nothing for it",
        "streams/wall_clock.py",
        "here if ahead is None else max(here, int(ahead + time.monotonic() * 1000))",
        "here",
        ("tests/streams/test_from_the_future.py",),
    ),
    Mutant(
        "a request to forget is judged like anybody's record",
        "streams/erasure/requests.py",
        "    except (ValueError, RecursionError):\n",
        "    except json.JSONDecodeError:\n",
        ("tests/streams/test_forget_requests.py",),
    ),
    Mutant(
        "what no worker wrote to the changelog is passed over",
        "streams/changelog/changelog.py",
        "record is None or not _may_be(record, newest_claim, since)",
        "record is None",
        ("tests/streams/test_changelog_junk.py",),
    ),
    Mutant(
        "a change that is cut is no change",
        "streams/changelog/records.py",
        "if not body.endswith(_ARROWS_END):",
        "if False:",
        ("tests/streams/test_changelog_junk.py",),
    ),
    Mutant(
        "verify calls no table equal of which it compared nothing",
        "verify/compare.py",
        "return Verdict.EQUAL if self.compared else Verdict.NOTHING",
        "return Verdict.EQUAL",
        ("tests/verify/test_verdicts.py",),
    ),
    Mutant(
        "verify does not pass where it compared nothing of a table that has rows",
        "verify/report.py",
        "some = Verdict.EQUAL in verdicts.values() and not self.blind",
        "some = Verdict.EQUAL in verdicts.values()",
        ("tests/verify/test_verdicts.py",),
    ),
    Mutant(
        "verify compares no day of which messages may have expired",
        "verify/coverage.py",
        "_day(self.begins[topic]) + 2 * DAY",
        "_day(self.begins[topic]) + DAY",
        ("tests/verify/test_coverage.py",),
    ),
    Mutant(
        "verify compares no conversion of whose lookback messages may have expired",
        "verify/coverage.py",
        "((topic, timedelta(days=self.lookback_days)) for topic in part.looked_back)",
        "((topic, timedelta()) for topic in part.looked_back)",
        ("tests/verify/test_coverage.py",),
    ),
    Mutant(
        "a schema id that is registered is found among any number of made-up ones",
        "schemas/rest_registry.py",
        "registered = self._ids_of(subject_of(topic)) if schema_ids else ()",
        "registered = ()",
        ("tests/schemas/test_made_up_ids.py",),
    ),
    Mutant(
        "a chunk of large events is handed over before it takes much memory",
        "streams/folder/source.py",
        " or self._chunk_bytes >= CHUNK_BYTES",
        "",
        ("tests/streams/folder/test_source.py",),
    ),
)
