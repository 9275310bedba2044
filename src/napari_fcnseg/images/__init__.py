"""Open anything lazily with its axes and scale; normalise; write labels."""
