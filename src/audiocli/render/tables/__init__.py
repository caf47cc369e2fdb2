"""Tables: one module for each kind of result, named after the kind.

Each defines `table(result)`, which returns a renderable of rich. Text from data is passed
through `plain` and `rich.text.Text`, never as markup.
"""
