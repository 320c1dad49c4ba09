"""How are processes started, talked to and ended?"""
