"""A network as one file: written, read back, and every part of it checked."""
