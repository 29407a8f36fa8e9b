"""``python -m srec`` is the command line."""

from srec.cli import main

main()
