import sys
from pathlib import Path

# The command as a user runs it, see tests/cli.
sys.path.append(str(Path(__file__).parents[1] / "cli"))
