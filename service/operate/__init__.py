"""What an operator does with a whole database: back it up, or move its log to another one."""
