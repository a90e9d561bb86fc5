"""One move of a player: written out as in a textbook, and the same quickly."""
