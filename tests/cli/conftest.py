from pathlib import Path

import pytest
from commands import Zhongcao


@pytest.fixture
def zhongcao(tmp_path: Path) -> Zhongcao:
    """The command, run in a folder of its own."""
    return Zhongcao(tmp_path)
