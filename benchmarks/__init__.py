"""Speed beside a yardstick: `make bench`."""
