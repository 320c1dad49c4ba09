"""How is a run shown? All numbers are computed once, in view.py."""
