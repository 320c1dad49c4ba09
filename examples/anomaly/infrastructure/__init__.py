"""Which libraries and files stand behind the ports?"""
