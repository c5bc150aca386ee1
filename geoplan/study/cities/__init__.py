"""One study of several cities: each is run as its own study, and their numbers are put together."""
