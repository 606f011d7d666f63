"""Faults: real processes are killed, paused, cut off and fed with junk; then the tables must be right.

    python -m faults --seeds 20

A scenario is what its seed draws: how many workers, which messages, and which faults hit whom and when. Once its faults
are over, everything is drained, and `verify` must find the tables equal. The same seed draws the same scenario, though
processes never meet in quite the same way twice.
"""
