"""What the tables must hold, computed from the raw messages in plain SQL, and the means to compare."""
