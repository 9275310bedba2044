"""Networks of the field, one file a family; their registry, geometry and receptive field."""
