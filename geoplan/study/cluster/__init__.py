"""Services planned on a Dask cluster: who may work there, and what happens when machines fail."""
