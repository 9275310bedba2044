"""From painted layers to training targets."""
