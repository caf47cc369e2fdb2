"""`python -m audiocli`."""

from audiocli.cli import main

raise SystemExit(main())
