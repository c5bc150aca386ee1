from .edition import edition as edition
