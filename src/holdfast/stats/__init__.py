"""Which numbers stand behind a verdict?"""
