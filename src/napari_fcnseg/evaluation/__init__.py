"""Scores of a segmentation against truth."""
