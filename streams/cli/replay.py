"""zhongcao replay."""
