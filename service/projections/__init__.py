"""What follows from the log alone: visits loaded from it, and the rows of their current state."""
