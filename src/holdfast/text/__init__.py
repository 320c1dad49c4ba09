"""How is text read, filled in, cut, compared and cleaned of secrets?"""
