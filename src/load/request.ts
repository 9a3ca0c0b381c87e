export interface RequestParts {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** With its query. */
  readonly path: string;
  /** `localhost` without it. */
  readonly host?: string;
  /** `uuid:key`. */
  readonly auth?: string;
  /** JSON text. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request as bytes, with the headers that a real client sends: sent as often as wanted. */
export function encodeRequest({
  method,
  path,
  host = 'localhost',
  auth,
  body,
  headers = {},
}: RequestParts): Uint8Array {
  const head = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${host}`,
    'User-Agent: whisklet-bench',
    'Accept: application/json',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(auth === undefined ? [] : [`Authorization: Basic ${Buffer.from(auth).toString('base64')}`]),
    ...(body === undefined ? [] : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`]),
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body ?? ''}`);
}
