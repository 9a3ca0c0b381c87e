import { createHash } from 'node:crypto';
import { isPaddedBase64 } from '../../model/base64.ts';

/**
 * Where an action's code is, as OpenWhisk has it (AttachmentSupport.scala, CouchDbRestStore.scala): `exec.code` of the document is
 *
 * - `{"attachmentName": "mem:<base64url>", …}`: small code, in the name itself;
 * - `{"attachmentName": "couch:<uuid>", …}`: an attachment `<uuid>` of the document;
 * - `{"attachmentName": "codefile", …}`: an attachment of that name, as written long ago;
 * - a text: the code, as written for kinds whose code is not attached.
 *
 * Attachments have the bytes: of a zip or jar, not its base64.
 */

export interface Attached {
  readonly attachmentName: string;
  readonly attachmentType: string;
  readonly length?: number;
  readonly digest?: string;
}

/** `_attachments` of a document: with `data` (base64) where it was asked for or is to be written, else a stub. */
export type Attachments = Readonly<
  Record<string, { readonly data?: string; readonly content_type?: string; readonly stub?: true }>
>;

export interface CodeFields {
  readonly code?: Attached | string;
  readonly attachments?: Attachments;
}

/** Code of fewer bytes is kept in the document (`whisk.db.max-inline-size`). */
const INLINE_BYTES = 16 * 1024;

/** @param code text, or base64 when `binary` */
export function toCodeFields(code: string, binary: boolean): Required<Pick<CodeFields, 'code'>> & CodeFields {
  const bytes = Buffer.from(code, binary ? 'base64' : 'utf8');
  const attachmentType = binary ? 'application/octet-stream' : 'text/plain; charset=UTF-8';
  if (bytes.length < INLINE_BYTES) {
    const attachmentName = `mem:${bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_')}`;
    const digest = `sha256-${createHash('sha256').update(bytes).digest('hex')}`;
    return { code: { attachmentName, attachmentType, length: bytes.length, digest } };
  }
  const name = crypto.randomUUID();
  return {
    code: { attachmentName: `couch:${name}`, attachmentType },
    attachments: { [name]: { content_type: attachmentType, data: bytes.toString('base64') } },
  };
}

/**
 * The code of a document that was read with its attachments: text, or base64 when `binary`.
 *
 * @throws when it lies in another store of attachments, such as S3
 */
export function fromCodeFields({ code, attachments = {} }: CodeFields, binary: boolean): string | undefined {
  if (code === undefined || typeof code === 'string') return code === '' ? undefined : code;
  const { attachmentName } = code;
  const colon = attachmentName.indexOf(':');
  const scheme = colon < 0 ? 'couch' : attachmentName.slice(0, colon);
  const path = attachmentName.slice(colon + 1);
  const encoding = binary ? 'base64' : 'utf8';
  if (scheme === 'mem') return Buffer.from(path, 'base64url').toString(encoding);
  if (scheme !== 'couch') throw new Error(`the code is in an attachment store that is not CouchDB ('${scheme}:')`);
  const data = attachments[path]?.data;
  return data === undefined ? undefined : Buffer.from(data, 'base64').toString(encoding);
}

/** OpenWhisk takes code that reads as base64 for a zip or jar (Exec.isBinaryCode). */
export function isBinaryCode(code: string): boolean {
  return isPaddedBase64(code.trim());
}
