"""What an event costs a worker, what memory it takes, and how fast it recovers, as its states grow."""
