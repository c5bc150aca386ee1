"""What the report says: the body's chapters, and the annex with all that they rest on."""
