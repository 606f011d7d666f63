"""The schema registry that the settings mean."""

import math

from schemas.errors import SettingsError
from schemas.registration import require_subjects
from schemas.registry import DirectoryRegistry, Registry
from schemas.rest_address import RegistryAddress
from schemas.rest_api import RegistryApi
from schemas.rest_client import RegistryClient
from schemas.rest_registry import RestRegistry
from schemas.topics import SOURCE_TOPICS
from streams.settings import Settings

#: How long a command waits for a registry that is away.
COMMAND_S = 10.0
#: A worker may be started before its registry; one that is not there after so long has another address.
START_S = 60.0


def registry_of(settings: Settings, patience_s: float = COMMAND_S) -> Registry:
    """The registry of the settings, or the contracts of the package where none is set.

    patience_s: how long each call waits for a registry that is away.
    """
    if not settings.schema_registry_url:
        return DirectoryRegistry()
    return RestRegistry(RegistryClient(address_of(settings), patience_s), DirectoryRegistry())


def workers_registry(settings: Settings) -> Registry:
    """The same for a worker: it must be there now, with all subjects; later it is waited for until it is closed.

    Raises: RegistryError.
    """
    if settings.schema_registry_url:
        contracts = DirectoryRegistry()
        require_subjects(api_of(settings, START_S), map(contracts.current, SOURCE_TOPICS))
    return registry_of(settings, math.inf)


def api_of(settings: Settings, patience_s: float = COMMAND_S) -> RegistryApi:
    """The registry's own resources. Raises: SettingsError, if none is set."""
    if not settings.schema_registry_url:
        raise SettingsError(
            "schema_registry_url is empty, so the contracts of the package are used: set it, "
            "as in ZHONGCAO_SCHEMA_REGISTRY_URL=http://127.0.0.1:8081."
        )
    return RegistryApi(RegistryClient(address_of(settings), patience_s))


def address_of(settings: Settings) -> RegistryAddress:
    """Where the registry of the settings is. Raises: SettingsError."""
    return RegistryAddress.parse(
        settings.schema_registry_url,
        settings.schema_registry_user,
        settings.schema_registry_password,
    )
