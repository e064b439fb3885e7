"""What tests of the page without a server need: Node, and for the built page the packages that `npm ci` installs."""

import shutil

import pytest

from zsbir.site.bundle import is_installed

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
needs_packages = pytest.mark.skipif(not is_installed(), reason="the packages of web/ are not installed: npm ci")
