import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readElf } from './elf.ts';

/** A file that goes into an image. */
export interface ImageFile {
  /** Absolute, in the image. */
  readonly path: string;
  /** On this host; what it is, not a link to it. */
  readonly from: string;
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly changed: number;
}

/** Libraries that are not named by a program but loaded when it runs: names of hosts, native modules of actions. */
const LOADED_LATER = [
  'libresolv.so.2',
  'libnss_dns.so.2',
  'libnss_files.so.2',
  'librt.so.1',
  'libpthread.so.0',
  'libdl.so.2',
  'libm.so.6',
  'libgcc_s.so.1',
  'libstdc++.so.6',
];

const TRIPLE = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
/** Where loaders look by themselves, so that a library found there is found in the image too. */
const LIBRARY_FOLDERS = [`/lib/${TRIPLE}`, `/usr/lib/${TRIPLE}`, '/lib64', '/usr/lib64', '/lib', '/usr/lib'];

/** Certificates of the authorities that this host trusts, under the names that distributions give them. */
const CERTIFICATES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem'];
const CERTIFICATES_IN_IMAGE = '/etc/ssl/certs/ca-certificates.crt';

/**
 * The files of this host with which a program runs in an otherwise empty image: its loader and libraries, those of
 * the shell (for actions that start one), and certificates. Without the program itself.
 */
export async function surroundings(program: string): Promise<ImageFile[]> {
  const files = new Map<string, ImageFile>();
  const add = async (path: string, at = path): Promise<boolean> => {
    if (files.has(path)) return false;
    const file = await describeFile(at, path);
    if (file) files.set(path, file);
    return file !== undefined;
  };
  const addNeedsOf = async (from: string): Promise<void> => {
    const elf = await readElf(from);
    if (elf?.interpreter) await add(elf.interpreter);
    for (const name of elf?.needed ?? []) await addLibrary(name);
  };
  const addLibrary = async (name: string): Promise<void> => {
    for (const folder of LIBRARY_FOLDERS) {
      const path = join(folder, name);
      if (files.has(path)) return;
      if (await add(path)) return addNeedsOf(path);
    }
  };
  await addNeedsOf(program);
  for (const name of LOADED_LATER) await addLibrary(name);
  if (await add('/bin/sh')) await addNeedsOf('/bin/sh');
  for (const path of CERTIFICATES) if (await add(CERTIFICATES_IN_IMAGE, path)) break;
  return [...files.values()];
}

/** The file as it goes into the image; undefined when this host has none there. */
export async function describeFile(at: string, path = at): Promise<ImageFile | undefined> {
  try {
    const from = await realpath(at);
    const { size: bytes, mtimeMs: changed } = await stat(from);
    return { path, from, bytes, changed };
  } catch {
    return undefined;
  }
}
