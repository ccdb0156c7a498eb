"""Verifying without a server: an auditor's bundle, or an operator's whole database."""

from service.verify.bundle import verify_bundle
from service.verify.database import verify_database
from service.verify.report import Progress, Report

__all__ = ["Progress", "Report", "verify_bundle", "verify_database"]
