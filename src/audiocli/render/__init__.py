"""The output formats: one file each, named as `--format` names it."""
