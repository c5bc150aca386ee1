from .public_edition import edition as edition
