"""What does the command line offer? One file per command."""
