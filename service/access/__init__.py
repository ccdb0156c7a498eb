"""Who calls, and what they may: roles, the file of tokens, and the tokens that are valid now."""
