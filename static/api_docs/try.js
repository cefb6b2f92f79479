// Swagger UI on the description of this server. What a browser sends with its cookie needs a token.
const main = document.getElementById("operations");

window.SwaggerUIBundle({
  domNode: main,
  url: main.dataset.document,
  deepLinking: true,
  docExpansion: "list",
  requestInterceptor(request) {
    if (main.dataset.token) {
      request.headers["X-CSRFToken"] = main.dataset.token;
    }
    return request;
  },
});
