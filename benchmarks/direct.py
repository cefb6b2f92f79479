"""The web application with one view more, which answers what the call `hello` does, by itself."""

from flask import Flask, Response, request

from app_srvc import webapp


def create_app() -> Flask:
    """Make it."""
    app = webapp.create_app()
    app.add_url_rule("/direct", "direct", _direct)
    return app


def _direct() -> Response:
    name = request.args.get("name", "world")
    return Response(f'{{"status":200,"data":"Hello, {name}."}}', content_type="application/json")
