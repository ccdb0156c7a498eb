"""Questions: visits now or as of another moment, the history, and how fresh an answer is."""
