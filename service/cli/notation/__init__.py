"""How values are typed: people, places, bases, times, and the words of enums."""
