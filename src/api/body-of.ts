/** What Bun (1.4) sends together with its headers by itself; it is 15 kB. */
const SMALL_BYTES = 15_000;

/**
 * A body for an answer that comes later than its request. Bun sends each part of each header by itself then, in more than twenty writes to
 * the socket, unless the body is small or a stream that is written at once. The bytes are the same, with their `Content-Length`; the type must be said.
 */
export function bodyOf(content: string | Buffer<ArrayBuffer>): string | Buffer<ArrayBuffer> | ReadableStream {
  if (content.length < SMALL_BYTES) return content;
  const source: Bun.DirectUnderlyingSource = {
    type: 'direct',
    pull(controller) {
      controller.write(content);
      controller.close();
    },
  };
  // Nothing leaves before the end, so that the length is known.
  return new ReadableStream(source, { highWaterMark: Number.MAX_SAFE_INTEGER });
}
