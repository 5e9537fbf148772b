"""All figures of the store: 100,000 people, a million calls, 10,000 blacklisted numbers, a thousand kills.

python -m tests.bench.store            (15 minutes)
"""

from __future__ import annotations

from tests.bench import (
    store_directory,
    store_history,
    store_import,
    store_kills,
    store_screening,
    store_seen,
)


def main() -> None:
    """Print each part's table as soon as it is measured."""
    for part in (store_directory, store_import, store_screening, store_history, store_seen, store_kills):
        print("\n".join(part.measure()), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
