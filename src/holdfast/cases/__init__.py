"""Where do cases come from? Files and Python code become values here."""
