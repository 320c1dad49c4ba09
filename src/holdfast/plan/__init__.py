"""Which cases run, in which order?"""
