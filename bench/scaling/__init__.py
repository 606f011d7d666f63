"""What an event costs with more partitions, and with more workers of a group: `python -m bench.scaling`."""
