"""Playbooks: the stories of visits, change by change, as YAML or JSON that is written by hand."""
