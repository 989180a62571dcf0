"""`python -m bulk_topup` is the same command as `bulk-topup`."""

from bulk_topup.cli import main

if __name__ == "__main__":
    main()
