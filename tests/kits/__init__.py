"""Kits of tests for every source and every portal, by subclassing; and thirds of both, which they are proved with."""

import pytest

pytest.register_assert_rewrite("kits.portals", "kits.sources", "kits.pipeline")
