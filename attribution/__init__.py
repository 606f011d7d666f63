"""Data-driven credit: what each channel contributed to the purchases, as the stored paths tell it."""
