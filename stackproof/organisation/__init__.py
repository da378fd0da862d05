"""Many accounts and regions as tasks of a Dask cluster, and one report of all of them."""
