"""With what the commands of an instructor's checkout end."""

HANDLED = 0  # every submission was handled, however broken; or all is proven
FAILED = 1  # the grader itself failed; or something is not proven
WRONG_CALL = 2
REFUSED = 3  # student code cannot be isolated here
STOPPED = 130  # by Ctrl-C, as shells say it
