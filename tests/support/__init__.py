"""What tests of all areas need."""
