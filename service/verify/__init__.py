"""Verifying what an auditor holds: a bundle, or for the operator the database itself."""

from service.verify.bundle import verify_bundle
from service.verify.database import verify_database
from service.verify.report import Progress, Report

__all__ = ["Progress", "Report", "verify_bundle", "verify_database"]
