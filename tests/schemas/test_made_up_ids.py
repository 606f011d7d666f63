"""However many schema ids somebody makes up: few questions, and no id that is registered is taken for one of them."""

import pytest
from fake_registry import ABSENT

from schemas.codec import Codec
from schemas.columns import binary
from schemas.registry import ListRegistry
from schemas.rejects import Reason
from schemas.rest_address import RegistryAddress
from schemas.rest_client import RegistryClient
from schemas.rest_registry import ASKED_IN_VAIN, RestRegistry
from schemas.wire import header

pytestmark = pytest.mark.usefixtures("quick")

RECORD = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]}
SUBJECT = "things-value"
VERSIONS = f"GET /subjects/{SUBJECT}/versions?deleted=true"
#: Where producers with other strategies would have their schemas.
OTHERS = [f"GET /subjects/{name}/versions?deleted=true" for name in ("Thing", "things-Thing")]
MADE_UP = range(1, 2_001)
OURS = 7_777


@pytest.fixture
def codec(fake, contract):
    for schema_id in MADE_UP:
        fake.when(f"GET /schemas/ids/{schema_id}", ABSENT)
    fake.when(VERSIONS, ABSENT)
    client = RegistryClient(RegistryAddress.parse(fake.url), patience_s=20)
    return Codec(RestRegistry(client, ListRegistry([contract(1, [("a", "long")])])))


def decoded(codec, *schema_ids):
    """The rows that are events, and why each other is none; all other reasons fail."""
    found = codec.decode("things", binary([header(n) + b"\x02" for n in schema_ids]))
    assert {reject.reason for reject in found.rejects} <= {Reason.UNKNOWN_SCHEMA}
    return found.frame["row"].to_list(), [reject.detail for reject in found.rejects]


def test_an_id_that_is_registered_is_found_among_made_up_ones(fake, codec):
    fake.has(5_555, RECORD, SUBJECT)
    fake.has(OURS, RECORD, SUBJECT)
    rows, details = decoded(codec, *MADE_UP, *MADE_UP, OURS)
    assert rows == [2 * len(MADE_UP)]
    assert sum("is not registered" in detail for detail in details) == 2 * ASKED_IN_VAIN
    assert f"schema 99 is not among the versions of {SUBJECT}" in details
    # The first of all is looked for twice.
    first = [f"GET /schemas/ids/{n}" for n in (1, *range(1, ASKED_IN_VAIN + 1))]
    of_versions = [VERSIONS, *(VERSIONS.replace("?", f"/{n}?") for n in (1, 2))]
    ours = [f"GET /schemas/ids/{OURS}{of}" for of in ("", "/versions?deleted=true")]
    assert fake.asked() == [*first, *of_versions, *OTHERS, *ours]

    fake.requests.clear()
    rows, _ = decoded(codec, *MADE_UP, OURS)
    assert rows == [len(MADE_UP)]
    again = [f"GET /schemas/ids/{n}" for n in range(ASKED_IN_VAIN + 1, 2 * ASKED_IN_VAIN + 1)]
    assert fake.asked() == [*again, VERSIONS, *OTHERS]


def test_an_id_that_was_made_up_before_it_was_registered(fake, codec):
    assert decoded(codec, 7) == ([], ["schema 7 is not registered"])
    fake.has(7, RECORD, SUBJECT)
    assert decoded(codec, 7, 8) == ([0], ["schema 8 is not registered"])


def test_a_registered_schema_that_is_none_of_ours_is_not_asked_for_again(fake, codec):
    fake.has(7, RECORD, SUBJECT, schemaType="PROTOBUF")
    for _ in range(3):
        assert decoded(codec, 7) == ([], ["schema 7 is of type PROTOBUF, not AVRO"])
    assert fake.asked().count("GET /schemas/ids/7") == 2
