"""What tags and columns of street data say: merged lists, speeds, other makers' words."""
