"""Benchmarks: what is claimed of speed, measured in one run."""
