"""The cover of every site and candidate, from which any choice of open sites can be counted."""
