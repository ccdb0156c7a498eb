"""What the server says of itself: its log lines."""
