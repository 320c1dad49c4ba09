"""A rule engine that runs what its users write: rules over orders, in sessions that hold them."""
