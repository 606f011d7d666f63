import io

import numpy as np
import pytest
from avro.io import BinaryEncoder
from hypothesis import given
from hypothesis import strategies as st

from schemas.varint import encode_long, encoded_size, encoded_sizes

EDGES = [sign * (1 << bits) + step for bits in range(63) for sign in (1, -1) for step in (-1, 0, 1)]
LIMITS = [2**63 - 1, -(2**63)]


def library_encoding(value):
    out = io.BytesIO()
    BinaryEncoder(out).write_long(value)
    return out.getvalue()


@given(st.integers(-(2**63), 2**63 - 1))
def test_encoding_is_the_librarys(value):
    assert encode_long(value) == library_encoding(value)


@pytest.mark.parametrize("values", [EDGES, LIMITS])
def test_sizes_at_every_edge(values):
    sizes = encoded_sizes(np.array(values, np.int64))
    assert sizes.tolist() == [len(library_encoding(value)) for value in values]
    assert sizes.tolist() == [encoded_size(value) for value in values]
