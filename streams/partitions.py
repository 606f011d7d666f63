"""The partition numbers of a worker: each with its state and its pipeline."""

import json
from pathlib import Path

from schemas.codec import Codec
from schemas.errors import StateError
from streams.pipeline import Pipeline
from streams.settings import Settings
from streams.state import PartitionState


class Partitions:
    """Opens the state of a partition number when it is first needed, and closes it when the number is revoked.

    Raises: StateError, if the folder was made for another number of partitions or cannot be used.
    """

    def __init__(self, settings: Settings, codec: Codec) -> None:
        self._settings = settings
        self._codec = codec
        self._folder = settings.data_dir / "state"
        self._open: dict[int, Pipeline] = {}
        _check_layout(self._folder, settings.partitions)

    @property
    def opened(self) -> dict[int, Pipeline]:
        """The pipelines whose state is open at this moment; any thread may ask."""
        return dict(self._open)

    def pipeline(self, partition: int) -> Pipeline:
        """The pipeline of a partition number."""
        if partition not in self._open:
            state = PartitionState(self._folder / f"{partition:04d}", self._settings.epoch)
            self._open[partition] = Pipeline(self._settings, self._codec, state)
        return self._open[partition]

    def read_to(self, topic: str) -> dict[int, int]:
        """Partition number → the offset behind the last record of a topic that is in the state."""
        return {
            partition: self.pipeline(partition).state.read_to.get(topic, 0)
            for partition in range(self._settings.partitions)
        }

    def close(self) -> None:
        """Close every state that is open."""
        while self._open:
            _, pipeline = self._open.popitem()
            pipeline.state.close()


def _check_layout(folder: Path, partitions: int) -> None:
    """Users lie where the number of partitions puts them: it must not change under a state."""
    file = folder / "layout.json"
    try:
        if not file.exists():
            folder.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps({"partitions": partitions}))
        found = json.loads(file.read_text())["partitions"]
    except OSError as error:
        raise StateError(
            f"The folder {folder} cannot be used ({error.strerror}): "
            "check its path, its permissions and the space on its disk."
        ) from error
    if found != partitions:
        raise StateError(
            f"The state in {folder} was made for {found} partitions, not {partitions}: "
            f"set partitions to {found}, or replay into an empty folder."
        )
