"""Object detection: pictures and videos in, what is in them out."""
