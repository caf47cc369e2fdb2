"""Download, verify and cache the files of models."""
