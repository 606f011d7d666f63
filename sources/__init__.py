"""Where events come from: generated traffic, and files."""
