"""The arguments of the commands, as typer reads them: functions whose types and defaults are the command line.

Nothing here works: each function hands what was given to the module of `cli` that bears the command's name.
"""
