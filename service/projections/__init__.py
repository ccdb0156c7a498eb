"""What follows from the log alone: visits, and the rows of their current state."""
