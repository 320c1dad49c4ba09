"""How is a process under test started, watched and stopped?"""
