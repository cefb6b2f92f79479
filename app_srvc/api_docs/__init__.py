"""What programs can ask, described as OpenAPI 3.1: made of the routes and of what checks them."""
