"""One training by several processes: ranks, losses, batch statistics, bytes."""
