/** What the bench's action does, for workerd. */
export default {
  async fetch(request) {
    return Response.json(await request.json());
  },
};
