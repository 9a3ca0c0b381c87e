/** What the bench's action does, for functions-framework. */
exports.main = (request, response) => response.json(request.body);
