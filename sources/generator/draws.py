"""The few kinds of random draw that the traffic is made of."""

from typing import Final

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Each stage has its own stream, so that a change in one leaves the draws of the others alone.
_STAGES: Final = ("world", "touches", "orders", "arrivals")


class Draws:
    """Random draws of one stage.

    They rest on two primitives of PCG64, uniform doubles and standard normals, because numpy has
    kept those streams the same over its versions.
    """

    def __init__(self, seed: int, stage: str) -> None:
        sequence = np.random.SeedSequence(seed, spawn_key=(_STAGES.index(stage),))
        self._generator = np.random.Generator(np.random.PCG64(sequence))

    def uniform(self, size: int) -> Floats:
        """Uniform in [0, 1)."""
        return self._generator.random(size)

    def below(self, bound: int | Ints, size: int) -> Ints:
        """Whole numbers, uniform in [0, bound); bound is at least 1."""
        return np.floor(self.uniform(size) * bound).astype(np.int64)

    def chance(self, probability: float | Floats, size: int) -> Bools:
        """True with that probability."""
        return self.uniform(size) < probability

    def log_normal(self, median: float, sigma: float, size: int) -> Floats:
        """Log-normal with that median; about 95 % lie within a factor of exp(2 sigma) of it."""
        return median * np.exp(sigma * self._generator.standard_normal(size))

    def weighted(self, weights: Floats, size: int) -> Ints:
        """Indices into weights, with replacement."""
        edges = np.cumsum(weights)
        found: Ints = np.searchsorted(edges, self.uniform(size) * edges[-1], side="right")
        return np.minimum(found, len(weights) - 1)

    def sample(self, weights: Floats, size: int) -> Ints:
        """Ascending indices into weights, without replacement.

        Indices of weight 0 are never drawn; when fewer than `size` are left, all of them are.
        """
        # The order of exponential clocks is a weighted draw without replacement (Efraimidis and
        # Spirakis, 2006).
        waits = -np.log1p(-self.uniform(len(weights)))
        waits = np.divide(waits, weights, out=np.full(len(weights), np.inf), where=weights > 0)
        size = min(size, int(np.count_nonzero(weights)))
        return (
            np.sort(np.argpartition(waits, size)[:size]) if size < len(waits) else np.arange(size)
        )

    def order(self, size: int) -> Ints:
        """The numbers below size in random order."""
        return np.argsort(self.uniform(size), kind="stable")
