"""Maps over data: what they cost, how they are run, and that they equal the serial loop."""
