"""How much memory the engine may take: half of what this process can have."""

import os
from pathlib import Path

SHARE = 0.5
_CGROUPS = Path("/sys/fs/cgroup")


def engine_memory_bytes(
    cgroups: Path = _CGROUPS, membership: Path = Path("/proc/self/cgroup")
) -> int:
    """Half of the machine's memory, or of the limit of the control group, if that is less."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return int(min([machine, *_group_limits(cgroups, membership)]) * SHARE)


def _group_limits(cgroups: Path, membership: Path) -> list[int]:
    """The limits of our control group and of those around it, of version 2 or 1; [] where there are none."""
    limits = []
    for root, name, group in _groups(cgroups, membership):
        for folder in (root / group, *(root / group).parents):
            if folder.is_relative_to(root) and (limit := _number(folder / name)) is not None:
                limits.append(limit)
    return limits


def _groups(cgroups: Path, membership: Path) -> list[tuple[Path, str, str]]:
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return []
    found = []
    for _, controllers, group in (line.split(":", 2) for line in lines if line.count(":") >= 2):
        if not controllers:
            found.append((cgroups, "memory.max", group.lstrip("/")))
        elif "memory" in controllers.split(","):
            found.append((cgroups / "memory", "memory.limit_in_bytes", group.lstrip("/")))
    return found


def _number(path: Path) -> int | None:
    """The number in a file; None where it is missing or says "max"."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
