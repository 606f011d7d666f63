"""What those who run a worker see of it: metrics, health, logs, and how it stops."""
