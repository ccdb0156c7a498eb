"""What can be typed as a value: people, places, bases, times, and the words of enums."""
