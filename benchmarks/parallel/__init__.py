"""How much time do parallel maps lose against the best choice that could have been made?"""
