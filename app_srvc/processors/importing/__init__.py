"""Records out of files and out of requests: how each line, element or body becomes one."""
