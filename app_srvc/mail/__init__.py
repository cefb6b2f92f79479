"""Mail to people with accounts: written as it is sent, by a worker, and kept in an outbox."""
