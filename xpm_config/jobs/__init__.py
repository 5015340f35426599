"""The copy engine: jobs that are used from, backed up to and moved into folders.

It knows workspaces and folders as directories, and nothing of settings files.
"""
