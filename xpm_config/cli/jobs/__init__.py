"""`xpm-config jobs`: the jobs of a workspace and their copies, by hand."""
