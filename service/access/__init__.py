"""Who calls, and what they may: roles, tokens, JWTs, certificates; and by which addresses."""
