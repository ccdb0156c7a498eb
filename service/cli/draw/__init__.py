"""What answers and errors look like to a person."""
