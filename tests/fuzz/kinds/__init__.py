"""What can be wrong with an input, a module per place where it is wrong."""
