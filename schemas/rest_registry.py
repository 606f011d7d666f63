"""Our contracts with the ids of a schema registry, and whatever else producers registered there."""

import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from itertools import takewhile

from schemas.errors import RegistryError
from schemas.registry import Contract, ListRegistry, UnknownSchema, UnreadableSchema
from schemas.rest_api import RegistryApi, SchemaText
from schemas.rest_client import RegistryClient
from schemas.subjects import Strategy, subjects_of, without_context

#: An id that was refused is not asked for again before this many seconds have passed.
REFUSED_S = 10.0
#: A replica of the registry may learn so much later what a producer has just registered.
SECOND_LOOK_S = 1.0


#: So many ids are asked for in one batch and found to be unknown; others that are new are looked for in the subject.
ASKED_IN_VAIN = 16


@dataclass(frozen=True, slots=True)
class _Refused:
    """Why an id is unknown, and until when we believe it, in s of the monotonic clock."""

    why: UnknownSchema
    until: float


class RestRegistry:
    """A schema registry, with our own contracts in front.

    Messages are read in the terms of our contracts, because the pipeline's columns are made for
    them; what they were written with, and the ids for writing, come from the registry. An id is
    good for every topic under one of whose subjects it is registered, by whichever strategy.
    """

    def __init__(self, client: RegistryClient, contracts: ListRegistry) -> None:
        self._client = client
        self._api = RegistryApi(client)
        self._contracts = contracts
        self._refused: dict[tuple[str, int], _Refused] = {}
        self._ids: dict[tuple[str, int], int] = {}
        # By topic, as the registry calls them: what its producers have registered schemas under.
        self._met: dict[str, set[str]] = defaultdict(set)

    def current(self, topic: str) -> Contract:
        """Our contract of a topic; SchemaError if it has none."""
        return self._contracts.current(topic)

    def for_encoding(self, topic: str) -> Contract:
        """Our contract of a topic with the registry's id; RegistryError if it is not registered."""
        contract = self.current(topic)
        subjects = subjects_of(topic, contract.schema.fullname)
        for subject in subjects:
            found = self._api.find(subject, contract.text)
            if found is not None:
                return replace(contract, schema_id=found.schema_id)
        raise RegistryError(
            f"The schema registry at {self._client.address} has no version of {' or '.join(subjects)} that is "
            f"{contract.origin}: run `zhongcao schemas register`, or check schema_registry_url."
        )

    def writer(self, topic: str, schema_id: int) -> Contract:
        """The schema of an id, as a contract of the topic.

        Raises UnknownSchema if it is not registered for the topic, or is no Avro record.
        """
        found = self.writers(topic, [schema_id])[schema_id]
        if isinstance(found, UnknownSchema):
            raise found
        return found

    def writers(self, topic: str, schema_ids: Sequence[int]) -> dict[int, Contract | UnknownSchema]:
        """The schemas of ids; of what `writer` raises, each.

        An id that many made-up ones hide, or that was made up before it was registered, is found among the versions of
        the topic's subjects: those of our contract, and those under which a schema of the topic was found. It is one
        question a subject for all such ids, and one for each version that is new.
        """
        self._forget_old_refusals()
        found: dict[int, Contract | UnknownSchema] = {}
        hidden = []
        in_vain = 0
        for schema_id in schema_ids:
            if schema_id < 1:
                found[schema_id] = UnknownSchema("is not registered")
            elif in_vain == ASKED_IN_VAIN or (topic, schema_id) in self._refused:
                hidden.append(schema_id)
            else:
                found[schema_id] = self._asked(topic, schema_id)
                in_vain += isinstance(found[schema_id], UnknownSchema)
        return found | self._among_versions(topic, hidden)

    @property
    def waited_at(self) -> float:
        """See `Registry.waited_at`."""
        return self._client.waited_at

    def impatient(self) -> AbstractContextManager[None]:
        """While inside, wait for nothing; see `Registry.impatient`."""
        return self._client.impatient()

    def close(self) -> None:
        """Wait no more; see `Registry.close`."""
        self._client.close()

    def _asked(self, topic: str, schema_id: int) -> Contract | UnknownSchema:
        try:
            return self._look_twice(topic, schema_id)
        except UnknownSchema as error:
            self._refused.pop((topic, schema_id), None)  # the latest refusals come last
            self._refused[topic, schema_id] = _Refused(error, time.monotonic() + REFUSED_S)
            return error

    def _among_versions(
        self, topic: str, schema_ids: Sequence[int]
    ) -> dict[int, Contract | UnknownSchema]:
        """Those that are ids of versions are asked for, the others are unknown."""
        found: dict[int, Contract | UnknownSchema] = {}
        registered = self._ids_of_topic(topic) if schema_ids else set()
        for schema_id in schema_ids:
            refused = self._refused.get((topic, schema_id))
            if refused and (
                schema_id not in registered or isinstance(refused.why, UnreadableSchema)
            ):
                found[schema_id] = refused.why
            elif schema_id in registered:
                found[schema_id] = self._asked(topic, schema_id)
            else:
                found[schema_id] = UnknownSchema(
                    f"is not among the versions of {Strategy.TOPIC.subject(topic, '')}"
                )
        return found

    def _ids_of_topic(self, topic: str) -> set[int]:
        """The ids of all versions of a topic's subjects as they are now."""
        ours = subjects_of(topic, self.current(topic).schema.fullname)
        subjects = dict.fromkeys([*ours, *sorted(self._met[topic])])
        return {schema_id for subject in subjects for schema_id in self._ids_of(subject)}

    def _ids_of(self, subject: str) -> set[int]:
        """The ids of a subject's versions as they are now; what id a version has is asked once."""
        numbers = self._api.versions(subject, deleted=True)
        for number in numbers:
            if (subject, number) not in self._ids:
                version = self._api.version(subject, number, deleted=True)
                if version is not None:
                    self._ids[subject, number] = version.schema_id
        return {self._ids[subject, number] for number in numbers if (subject, number) in self._ids}

    def _look_twice(self, topic: str, schema_id: int) -> Contract:
        try:
            return self._look_up(topic, schema_id)
        except UnknownSchema:
            # A stream of poison, with another id in each message, must not stand still.
            if self._refused:
                raise
        self._client.pause(SECOND_LOOK_S)
        return self._look_up(topic, schema_id)

    def _look_up(self, topic: str, schema_id: int) -> Contract:
        found = self._api.schema(schema_id)
        if found is None:
            raise UnknownSchema("is not registered")
        subjects = self._api.subjects_of(schema_id)
        wanted = subjects_of(topic, _record_name(found))
        its_own = {subject for subject in subjects if without_context(subject) in wanted}
        if not its_own:
            whose = f"belongs to {', '.join(subjects)}" if subjects else "belongs to no subject"
            raise UnknownSchema(f"{whose}, not to {wanted[0]}")
        origin = f"schema {schema_id} at {self._client.address}"
        contract = Contract(schema_id, topic, origin, found.text, found.parsed())
        self._met[topic] |= its_own
        return contract

    def _forget_old_refusals(self) -> None:
        now = time.monotonic()
        # All are believed equally long: the oldest come first.
        for key, _ in list(takewhile(lambda item: item[1].until <= now, self._refused.items())):
            del self._refused[key]


def _record_name(found: SchemaText) -> str:
    """The full name of a schema; of what is no record, one that no subject has."""
    try:
        return str(found.parsed().fullname)
    except UnreadableSchema:
        return ""
