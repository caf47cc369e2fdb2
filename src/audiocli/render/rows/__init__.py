"""Rows of CSV: one module for each kind of result, named after the kind.

Each defines `COLUMNS` and `rows(result)`, which yields a value for each column; None is
empty. Text from data is passed through `plain`.
"""
