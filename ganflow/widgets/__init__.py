"""One small picture each, alive on a page without a kernel: recorded states only."""
