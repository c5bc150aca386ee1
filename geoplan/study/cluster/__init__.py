"""Work on a Dask cluster: who may work, what is sent, and what happens when machines fail."""
