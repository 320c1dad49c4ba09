"""What does a run need before its first case starts, and what is written when it begins?"""
