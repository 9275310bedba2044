"""Recipe, patches, augmentation, losses, validation split and the one training loop."""
