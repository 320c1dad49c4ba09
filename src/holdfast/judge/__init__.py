"""What does the evidence say? One file per family of expectations; pure."""
