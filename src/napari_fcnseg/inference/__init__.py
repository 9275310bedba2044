"""Plan (pure geometry), the tiled engine on dask, and what it writes."""
