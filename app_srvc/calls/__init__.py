"""Quick calls: small functions that are answered inside the request, through the queue."""
