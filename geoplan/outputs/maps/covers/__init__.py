"""What a map's what-ifs count with: the covers, packed into the page."""
