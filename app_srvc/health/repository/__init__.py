"""All SQL about how well the product is: `standing` for probes, `figures` for a monitor."""
