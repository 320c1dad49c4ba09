"""Are the figures that holdfast promises met? `python -m benchmarks` measures them."""
