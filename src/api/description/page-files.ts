import icon from 'swagger-ui-dist/favicon-32x32.png' with { type: 'file' };
import styles from 'swagger-ui-dist/swagger-ui.css' with { type: 'file' };
import bundle from 'swagger-ui-dist/swagger-ui-bundle.js' with { type: 'file' };

/**
 * The page that shows the description: Swagger UI, with nothing from elsewhere. It shows this node's description whatever its
 * address says after `?url=`: a link to this page must not lead people to type their key into somebody else's.
 */
export interface PageFile {
  readonly type: string;
  /** A text of our own, or the path of a file: in the executable, one inside of it. */
  readonly from: { readonly text: string } | { readonly path: string };
}

const index = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Whisklet API</title>
    <link rel="stylesheet" href="swagger-ui.css">
    <link rel="icon" type="image/png" href="favicon-32x32.png">
  </head>
  <body>
    <div id="page"></div>
    <script src="swagger-ui-bundle.js"></script>
    <script src="start.js"></script>
  </body>
</html>
`;

const start = `SwaggerUIBundle({ url: '../api-docs', dom_id: '#page', deepLinking: true, validatorUrl: null, tagsSorter: 'alpha' });
`;

export const pageFiles: Readonly<Record<string, PageFile>> = {
  'index.html': { type: 'text/html; charset=utf-8', from: { text: index } },
  'start.js': { type: 'text/javascript; charset=utf-8', from: { text: start } },
  'swagger-ui-bundle.js': { type: 'text/javascript; charset=utf-8', from: { path: bundle } },
  'swagger-ui.css': { type: 'text/css; charset=utf-8', from: { path: styles } },
  'favicon-32x32.png': { type: 'image/png', from: { path: icon } },
};

/** Nothing from elsewhere, and in no frame; Swagger UI sets styles on its elements and has pictures in its style sheet. */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
