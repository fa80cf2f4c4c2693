"""Tests of Xpert Suite."""
