"""Migrations between schema versions, one file per step."""
