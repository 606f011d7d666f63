"""How batches reach Faust: one Event per fetch of a partition, not per message."""
