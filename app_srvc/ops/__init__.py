"""One page that tells operators whether all is well, and where to act if it is not."""
