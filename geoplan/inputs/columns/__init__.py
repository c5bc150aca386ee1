"""What the columns of a table mean: roles, numbers, personal data, duplicates."""
