"""What was done by hand, as a script, a command and a recipe that do it again."""
