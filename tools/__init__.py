"""What holds the project's own shape?"""
