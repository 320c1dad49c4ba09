"""What do many results say together?"""
