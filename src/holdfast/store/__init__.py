"""Where is evidence kept?"""
