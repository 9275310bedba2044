"""The model on disk: a bioimage.io package."""
