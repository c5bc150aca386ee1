"""Which areas a row belongs to: as written, by position, by address."""
