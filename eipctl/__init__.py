"""The command line: the demo, a look at events and plans, functions run by hand, the emulator as a server."""
