"""How long it takes from publishing an event until its row can be queried, and what that costs."""
