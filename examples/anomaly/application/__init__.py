"""What can one do with the service? One function per use, over ports."""
