"""Published results and cases worked by hand, reproduced: `make validate`."""
