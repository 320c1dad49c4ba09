"""A media organiser, and files in great numbers to try it on."""
