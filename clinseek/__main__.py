"""`python -m clinseek` is the command line."""

from clinseek.cli.main import main

if __name__ == "__main__":
    main()
