"""What CSV holds: one file a kind of result, named after the kind.

Each defines `COLUMNS` and `rows(result)`, which yields a value a column; None is
empty. Text from data goes through `plain`.
"""
