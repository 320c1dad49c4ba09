"""Which systems show how holdfast is used? One folder each."""
