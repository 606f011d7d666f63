"""How many random examples are tried: a few, always the same ones, unless more or fewer are asked for.

EXAMPLES_SCALE=20 tries twenty times as many (use pytest's --timeout=0 with it), 0.2 a fifth.
"""

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

SCALE = float(os.environ.get("EXAMPLES_SCALE", "1"))


def seeds(count: int) -> Callable[[Any], Any]:
    """Run a test with that many values of `seed`.

    An example is a whole history made from the seed: a smaller seed is not a smaller history, so nothing is shrunk.
    """
    tried = settings(
        max_examples=max(1, round(count * SCALE)),
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    return lambda test: tried(given(seed=st.integers(0, 2**32 - 1))(test))
