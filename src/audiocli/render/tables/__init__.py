"""What a table shows: one file a kind of result, named after the kind.

Each defines `table(result)`, which returns anything rich can print. Text from
data goes through `plain` and into `rich.text.Text`, never into markup.
"""
