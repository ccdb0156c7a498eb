"""What an operator does with a whole database: back it up, or copy it to another."""
