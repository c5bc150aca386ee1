"""What cells say of sites: status, capacity and tier; what is assumed where they say nothing."""
