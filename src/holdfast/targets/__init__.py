"""What can a case exercise? One file per target."""
