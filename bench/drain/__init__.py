"""Who drains the same topics fastest, doing the same join: zhongcao and what a user might pick instead."""
