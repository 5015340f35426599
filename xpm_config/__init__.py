"""Checks, documents and migrates the settings of experimaestro, driven by a JSON Schema."""
