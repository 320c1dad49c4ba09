"""Which values flow from stage to stage? The modules of this package; no I/O happens here."""
