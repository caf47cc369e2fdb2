"""Datasets as inputs: one module for each form, listed in `forms`."""
