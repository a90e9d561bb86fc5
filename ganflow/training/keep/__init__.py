"""What a training leaves on disk: run log, checkpoint, snapshots, provenance."""
