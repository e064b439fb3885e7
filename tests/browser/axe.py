"""What axe-core finds wrong with a page: violations of WCAG 2.2 A or AA."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}


def violations(page: Page) -> str:
    """What axe-core finds wrong, for people; empty if nothing is."""
    results = Axe().run(page, options=RULES)
    return results.generate_report() if results.violations_count else ""
