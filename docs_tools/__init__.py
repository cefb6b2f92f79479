"""What makes pages and pictures out of the documents and the running product."""
