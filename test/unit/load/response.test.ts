import { describe, expect, test } from 'bun:test';
import { ResponseReader } from '../../../src/load/response.ts';

const first = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}';
const second = 'HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n';
const told = (answers: readonly { status: number; body: Buffer }[]) =>
  answers.map(({ status, body }) => [status, body.toString()]);

describe('the reader of answers', () => {
  test('reads an answer that comes in one chunk', () => {
    expect(told(new ResponseReader().push(Buffer.from(first)))).toEqual([[200, '{"a":1}']]);
  });

  test('reads the same answers however the bytes are cut', () => {
    const bytes = Buffer.from(first + second + first);
    for (let size = 1; size <= bytes.length; size++) {
      const reader = new ResponseReader();
      const answers = [];
      for (let at = 0; at < bytes.length; at += size) answers.push(...reader.push(bytes.subarray(at, at + size)));
      expect(told(answers)).toEqual([
        [200, '{"a":1}'],
        [502, ''],
        [200, '{"a":1}'],
      ]);
    }
  });

  test('keeps nothing of a chunk whose memory is used again', () => {
    const chunk = Buffer.from(first);
    const reader = new ResponseReader();
    const [whole] = reader.push(Buffer.from(first));
    expect(reader.push(chunk.subarray(0, 30))).toEqual([]);
    const rest = Buffer.from(chunk.subarray(30));
    chunk.fill(0);
    expect(told([...(whole ? [whole] : []), ...reader.push(rest)])).toEqual([
      [200, '{"a":1}'],
      [200, '{"a":1}'],
    ]);
  });

  test('takes no content for an answer without a length', () => {
    expect(told(new ResponseReader().push(Buffer.from('HTTP/1.1 204 No Content\r\n\r\n')))).toEqual([[204, '']]);
  });

  test('puts the chunks of an answer together, however the bytes are cut', () => {
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n4;x=y\r\n":1}\r\n0\r\n\r\n';
    const bytes = Buffer.from(chunked + first);
    for (let size = 1; size <= bytes.length; size++) {
      const reader = new ResponseReader();
      const answers = [];
      for (let at = 0; at < bytes.length; at += size) answers.push(...reader.push(bytes.subarray(at, at + size)));
      expect(told(answers)).toEqual([
        [200, '{"a":1}'],
        [200, '{"a":1}'],
      ]);
    }
  });

  test('waits for the answer behind one that only says to go on', () => {
    expect(told(new ResponseReader().push(Buffer.from(`HTTP/1.1 100 Continue\r\n\r\n${first}`)))).toEqual([
      [200, '{"a":1}'],
    ]);
  });

  test('refuses chunks that are none, and an answer whose length is not said', () => {
    const read = (text: string) => new ResponseReader().push(Buffer.from(text));
    expect(() => read('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n')).toThrow("length is 'zz'");
    // Failures are counted by what is said of them: what is different in each, such as a date, has no place there.
    expect(() => read('HTTP/1.1 503 Busy\r\nDate: now\r\nConnection: close\r\n\r\n')).toThrow(
      /^an answer without a length: HTTP\/1\.1 503 Busy$/,
    );
  });
});
