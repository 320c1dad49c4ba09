"""How are the planned cases carried out?"""
