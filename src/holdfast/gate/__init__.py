"""What exit code does a run deserve?"""
