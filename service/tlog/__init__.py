"""The transparency log alone: tree, proofs, tiles, signed notes and bundles.

Imports nothing of the project, so that an auditor can verify with this folder alone.
"""
