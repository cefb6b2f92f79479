"""What a platform asks to know whether this process is well."""
