"""What a training leaves on disk: checkpoints, run folders, snapshots, provenance."""
