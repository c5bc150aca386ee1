"""Static figures for Word and WPS."""
