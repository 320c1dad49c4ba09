"""Which rules of shape are there? One file per family, each a function that yields findings."""
