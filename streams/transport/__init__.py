"""How records reach Faust: one Event per round of a partition number, not per message."""
