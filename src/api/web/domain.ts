import { WEB_PREFIX } from './path.ts';

/** Where a request to a namespace's own host goes: below `/api/v1/web/{ns}/`, or to the same path with a slash. */
export type OnWebHost = { readonly path: string } | { readonly redirect: string };

/**
 * With the domain `example.com`, `http://guest.example.com/tools/hello?x=1` is `/api/v1/web/guest/tools/hello?x=1` (WEB-20). A
 * package alone stands for its `index.html`, the host alone for that of the package `public`; without its slash it is
 * redirected, so that relative links on that page lead into the package. Pure.
 *
 * @returns undefined for another host, or one whose first label can be no namespace
 */
export function onWebHost(url: string, domain: string): OnWebHost | undefined {
  const { hostname, pathname, search } = new URL(url);
  if (!hostname.endsWith(`.${domain}`)) return undefined;
  const namespace = hostname.slice(0, -domain.length - 1);
  if (!/^[0-9a-z-]+$/.test(namespace)) return undefined;
  const path = `${WEB_PREFIX}${namespace}${pathname}`;
  if (pathname === '/') return { path: `${path}public/index.html${search}` };
  if (/^\/[^/]+\/$/.test(pathname)) return { path: `${path}index.html${search}` };
  return pathname.includes('/', 1) ? { path: path + search } : { redirect: `${pathname}/${search}` };
}
