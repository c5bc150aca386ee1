"""Covering by the number of sites alone: MCLP, LSCP and partial LSCP, searched and bounded."""
