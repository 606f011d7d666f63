"""What zhongcao is to reach in a drain, by itself and against the others."""

from collections.abc import Iterator, Mapping
from typing import Final

from bench.targets import Target

PER_CPU_S: Final = 100_000
#: Contestant → how many times as much zhongcao is to drain in a second of processor time.
TIMES: Final = {"stock_faust": 20.0, "quix": 5.0, "flink_sql": 1.0, "librdkafka": 0.25}


def targets(
    per_cpu_s: Mapping[str, float], titles: Mapping[str, str], right: float | None
) -> Iterator[Target]:
    """Those that can be judged.

    per_cpu_s: contestant → events per second of processor time, of those that ran. titles: contestant → its title.
    right: the share of zhongcao's rows that are.
    """
    ours = per_cpu_s.get("zhongcao")
    if ours is None or right is None:
        return
    yield Target(f"{right:.4%} of the rows are right; all wanted", right == 1)
    yield Target(
        f"{ours:,.0f} events per CPU-second; at least {PER_CPU_S:,} wanted", ours >= PER_CPU_S
    )
    for name, least in TIMES.items():
        if name in per_cpu_s:
            times = ours / per_cpu_s[name]
            yield Target(
                f"{times:.2f} times {titles[name]}; at least {least:g} wanted", times >= least
            )
