"""What auditors ask: every change, signed checkpoints, proofs, and bundles."""
