"""Isochrones: the ground within reach of a site, cut along the streets."""
