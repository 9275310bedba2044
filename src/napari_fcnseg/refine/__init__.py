"""What is done with a segmentation: objects, clean edges, measurements."""
