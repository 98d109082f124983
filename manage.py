#!/usr/bin/env python
"""Commands of the project: `python manage.py help`. An installed package brings them as `taperplan`."""

from __future__ import annotations

from taperplan.__main__ import main

if __name__ == "__main__":
    main()
