"""What geoplan is built on: licences, known weaknesses, lower bounds."""
