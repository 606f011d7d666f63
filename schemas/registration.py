"""Our contracts in a schema registry: registered, and checked against what producers registered."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from schemas.errors import RegistryError
from schemas.registry import Contract, UnknownSchema
from schemas.resolve import ReaderField, reader_fields, unreadable
from schemas.rest_api import RegistryApi, SubjectVersion
from schemas.subjects import Strategy, subjects_of


@dataclass(frozen=True, slots=True)
class Registered:
    """A contract in the registry. new: it was not there before."""

    subject: str
    schema_id: int
    new: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found about a subject, or about one of its versions."""

    what: str
    ok: bool
    told: str


def register(
    api: RegistryApi,
    contracts: Iterable[Contract],
    compatibility: str | None = None,
    strategy: Strategy = Strategy.TOPIC,
) -> list[Registered]:
    """Register each contract under the subject that the strategy names, unless it is there.

    compatibility: which changes the subjects take from now on, as FULL_TRANSITIVE; None leaves it to
        the registry.

    Raises RegistryError before anything is registered, if the registry finds one of them
    incompatible with the newest version of its subject.
    """
    missing = {}
    found = []
    for contract in contracts:
        subject = strategy.subject(contract.topic, contract.schema.fullname)
        there = api.find(subject, contract.text)
        if there is None:
            if compatibility is not None and api.versions(subject):
                api.set_compatibility(subject, compatibility)
            _check_compatible(api, subject, contract)
            missing[subject] = contract
        else:
            found.append(Registered(subject, there.schema_id, new=False))
    for subject, contract in missing.items():
        found.append(_register(api, subject, contract))
    if compatibility is not None:
        for registered in found:
            api.set_compatibility(registered.subject, compatibility)
    return found


def _register(api: RegistryApi, subject: str, contract: Contract) -> Registered:
    try:
        return Registered(subject, api.register(subject, contract.text), new=True)
    except RegistryError:
        # Somebody else was faster, or a registry that was just started has come to know what it has.
        there = api.find(subject, contract.text)
        if there is None:
            raise
        return Registered(subject, there.schema_id, new=False)


def _check_compatible(api: RegistryApi, subject: str, contract: Contract) -> None:
    compatible, why = api.compatible(subject, contract.text)
    if not compatible:
        raise RegistryError(
            f"The schema registry finds {contract.origin} incompatible with the newest version of "
            f"{subject}{': ' if why else ''}{why}; nothing was registered. Look at that version: "
            "another producer changed the subject, or it takes no new symbols (FORWARD, FULL: docs/upgrading.md)."
        )


def require_subjects(api: RegistryApi, contracts: Iterable[Contract]) -> None:
    """Each topic must have a subject, or all its messages would be dead letters.

    Raises RegistryError naming the first that has none.
    """
    for contract in contracts:
        subjects = subjects_of(contract.topic, contract.schema.fullname)
        if not any(api.versions(subject) for subject in subjects):
            raise RegistryError(
                f"The schema registry at {api.client.address} has no subject {' or '.join(subjects)}: "
                "run `zhongcao schemas register`, or check schema_registry_url."
            )


def check(api: RegistryApi, contracts: Iterable[Contract]) -> Iterator[Finding]:
    """Is each contract registered, and can it read every version that is registered beside it?"""
    for contract in contracts:
        fields = reader_fields(contract)
        subjects = subjects_of(contract.topic, contract.schema.fullname)
        ids = {subject: ours for subject in subjects if (ours := api.find(subject, contract.text))}
        for subject, ours in ids.items():
            yield Finding(subject, True, f"{contract.origin} has id {ours.schema_id}")
        if not ids:
            told = f"{contract.origin} is not registered: run `zhongcao schemas register`"
            yield Finding(subjects[0], False, told)
        for subject in subjects:
            for number in api.versions(subject):
                version = api.version(subject, number)
                if version is not None:
                    yield _readable(subject, version, fields)


def _readable(subject: str, version: SubjectVersion, fields: tuple[ReaderField, ...]) -> Finding:
    what = f"{subject} version {version.version}"
    try:
        problem = unreadable(version.schema.parsed(), fields)
    except UnknownSchema as error:
        problem = str(error)
    told = problem or "can be read"
    return Finding(what, not problem, f"id {version.schema_id} {told}")
