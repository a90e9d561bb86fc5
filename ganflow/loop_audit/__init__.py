"""Watch an unmodified torch loop, and say what it really does."""
