"""The report as a document for Word and WPS: its form, its text, and the PDF made from it."""
