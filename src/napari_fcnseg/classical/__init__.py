"""Methods without a network: what it must beat, and its first teacher."""
