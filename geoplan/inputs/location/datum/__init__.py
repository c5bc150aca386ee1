"""Which datum a file is in: what its areas, its streets and its other layers say."""
