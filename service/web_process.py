"""The process that shows the board, as a client of the edges."""
