"""`clinseek ...` with `serve` among its commands, for servers in a process of their own."""

from clinseek.cli import main, serve

if __name__ == "__main__":
    if "serve" not in main.COMMANDS:
        serve.register(main.app)
    main.main()
