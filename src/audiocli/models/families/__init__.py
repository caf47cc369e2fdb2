"""Model families: each module or package defines `FAMILY`, one or a tuple."""
