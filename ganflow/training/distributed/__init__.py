"""The same training spread over processes: ranks, losses, batch statistics, bytes."""
