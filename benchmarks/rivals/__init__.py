"""What is holdfast measured against, where the rival is not a program of its own?"""
