"""The JSON Schemas of settings.yaml, one file per version."""
