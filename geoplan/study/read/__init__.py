"""Reading a study: networks and every input layer."""
